/** @file Schedules by hand (CS231n notes, "Annealing the learning rate"; PROCESS.md, section 4). */
import { describe, expect, test } from 'vitest'
import { rateText, type Schedule, schedule } from '../../src/optim/index.ts'

function values(of: Schedule, epochs: number[]): number[] {
  return epochs.map((epoch) => of({ epoch, step: 0 }))
}

describe('values', () => {
  test('step: half every 5 epochs, from the very beginning of the sixth', () =>
    expect(values(schedule.step({ from: 0.8 }), [0, 4.99, 5, 9.5, 10, 15])).toEqual([0.8, 0.8, 0.4, 0.4, 0.2, 0.1]))
  test('step: a tenth every 20', () =>
    values(schedule.step({ from: 1, factor: 0.1, everyEpochs: 20 }), [19.9, 20, 45]).forEach((value, i) =>
      expect(value).toBeCloseTo([1, 0.1, 0.01][i], 15),
    ))
  test('exponential: halves every ln 2 / k epochs', () =>
    values(schedule.exponential({ from: 3, decay: Math.LN2 / 2 }), [0, 2, 4, 1]).forEach((value, i) =>
      expect(value).toBeCloseTo([3, 1.5, 0.75, 3 / Math.SQRT2][i], 14),
    ))
  test('inverse: 1/2, 1/3 and 1/4 after 1/k, 2/k and 3/k epochs', () =>
    values(schedule.inverse({ from: 12, decay: 0.25 }), [0, 4, 8, 12]).forEach((value, i) =>
      expect(value).toBeCloseTo([12, 6, 4, 3][i], 14),
    ))
  test('constant', () => expect(values(schedule.constant(0.1), [0, 7.5])).toEqual([0.1, 0.1]))
  test('50 epochs of each, recurrently', () => {
    // Written as recurrences, one epoch from the one before: another route to the same numbers.
    let [stepped, decayed] = [0.1, 0.1]
    for (let epoch = 0; epoch < 50; epoch++) {
      if (epoch > 0 && epoch % 5 === 0) stepped /= 2
      if (epoch > 0) decayed /= Math.E ** 0.3
      const at = { epoch, step: epoch }
      expect(schedule.step({ from: 0.1 })(at)).toBeCloseTo(stepped, 12)
      expect(schedule.exponential({ from: 0.1, decay: 0.3 })(at)).toBeCloseTo(decayed, 12)
    }
  })
})

test('in words', () => {
  expect(rateText(0.1)).toBe('0.1')
  expect(rateText(schedule.constant(0.1))).toBe('constant(0.1)')
  expect(rateText(schedule.exponential({ from: 0.1, decay: 2 }))).toBe('exponential(0.1 · exp(−2 · epoch))')
  expect(rateText(schedule.inverse({ from: 0.1, decay: 2 }))).toBe('inverse(0.1 / (1 + 2 · epoch))')
  expect(
    rateText(function mine() {
      return 1
    }),
  ).toBe('mine(…)')
})

test.each([
  [() => schedule.step({ from: 0 }), 'step: from is 0, expected a number above 0'],
  [() => schedule.step({ from: 1, factor: -1 }), 'step: factor is -1, expected a number above 0'],
  [() => schedule.step({ from: 1, everyEpochs: 0 }), 'step: everyEpochs is 0, expected a number above 0'],
  [
    () => schedule.exponential({ from: 1, decay: Number.NaN }),
    'exponential: decay is NaN, expected a number from 0 up',
  ],
  [() => schedule.inverse({ from: 1, decay: -1 }), 'inverse: decay is -1, expected a number from 0 up'],
  [() => schedule.constant(Number.NaN), 'constant: value is NaN, expected a finite number'],
])('refused: %s', (make, message) => expect(make).toThrow(message))
