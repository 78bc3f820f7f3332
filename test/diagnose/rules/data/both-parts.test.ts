/** @file Rules that compare the training with the validation part, on curves of round numbers. Guessing four classes costs ln 4 = 1.386. */
import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../../../src/diagnose/events.ts'
import { type Both, chance, check, distribution, end, epochs, finding, judged, level, start } from './runs.ts'

const guess = Math.log(4)
const known = check(chance(guess), level({ baseline: 0.95, guess: 0.25, validationBaseline: 0.94 }))
const run = (points: readonly Both[], ...before: readonly RunEvent[]) => [
  ...(before.length > 0 ? before : [known, start()]),
  ...epochs(points),
  end(),
]

/** Both fall alike, and the validation part stays a little behind. */
const healthy: readonly Both[] = [1, 0.6, 0.4, 0.3, 0.25, 0.22, 0.2, 0.19, 0.18, 0.18].map((loss, i) => ({
  training: loss,
  validation: loss + 0.03,
  right: [0.7 + 0.025 * i, 0.69 + 0.025 * i],
}))
/** Learnt by heart: the validation loss turns at the third epoch, at half of what had been gained it is given back. */
const byHeart: readonly Both[] = [1, 0.6, 0.35, 0.2, 0.1, 0.05, 0.02, 0.01, 0.01, 0.01].map((loss, i) => ({
  training: loss,
  validation: i < 3 ? loss + 0.1 : 0.45 + 0.08 * (i - 2),
  right: [Math.min(1, 0.7 + 0.05 * i), 0.72],
}))
/** Nothing carries over from the first epoch on. */
const apart: readonly Both[] = [1.1, 0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1].map((loss, i) => ({
  training: loss,
  validation: 1.5 + 0.1 * i,
  right: [0.6 + 0.04 * i, 0.3],
}))
const never: readonly Both[] = apart.map((point) => ({ ...point, right: [point.right?.[0] ?? 0, 0.26] }))

describe('overfitting', () => {
  test('speaks of a gap, and names the epoch to stop at', () => {
    const found = judged('overfitting', ...run(byHeart))
    expect(found).toMatchObject({ severity: 'warning', basis: 'run' })
    // 1.01 − 0.45 of the 1.386 − 0.45 that had been gained is 0.6; of means of three epochs somewhat less.
    expect(found?.evidence.givenBack).toBeGreaterThan(0.5)
    // Means of three epochs: (0.7 + 0.45 + 0.53)/3 at the third, (0.45 + 0.53 + 0.61)/3 at the fourth.
    expect(found?.suggestion).toMatchObject({ what: 'epochs', value: 4 })
  })
  test('silent where both fall alike, and in the first epochs', () => {
    expect(judged('overfitting', ...run(healthy))).toBeUndefined()
    expect(judged('overfitting', known, start(), ...epochs(byHeart.slice(0, 2)))).toBeUndefined()
  })
  test('a mild late rise is information', () => {
    // From 0.3 to 0.42: 11% of what had been gained.
    const mild = healthy.map((point, i) => ({ ...point, validation: i < 4 ? point.training : 0.3 + 0.02 * (i - 3) }))
    expect(judged('overfitting', ...run(mild))?.severity).toBe('info')
  })
  test('a gap within the errors of a few validation rows is none: 20 rows, 0.25 apart, error 0.1', () => {
    const few = healthy.map((point) => ({ ...point, right: [0.95, 0.7] as const }))
    expect(judged('overfitting', ...run(few, known, start({ data: { validation: 20 } })))).toBeUndefined()
    expect(judged('overfitting', ...run(few))?.severity).toBe('warning')
  })
  test('information where the run stopped early and kept its best', () => {
    const outcome = { reason: 'stopped-early' as const, message: '', best: { epoch: 3, step: 30 } }
    expect(judged('overfitting', known, start(), ...epochs(byHeart), end(outcome))?.severity).toBe('info')
  })
  test('of a foreign loop: losses alone', () => {
    const told = byHeart.flatMap(({ training, validation }, i): RunEvent[] => [
      { type: 'log', step: 10 * i, values: { loss: i === 0 ? guess : training } },
      ...[1, 2, 3].map((k): RunEvent => ({ type: 'log', step: 10 * i + k, values: { loss: training } })),
      { type: 'log', step: 10 * i + 9, values: { 'training/loss': training, 'validation/loss': validation } },
    ])
    expect(judged('overfitting', ...told)).toBeDefined()
  })
})

describe('little-data', () => {
  const few = (rows: number) => start({ data: { training: rows } })
  test('explains what is learnt by heart where there are 10 of each class', () =>
    expect(judged('little-data', ...run(byHeart, known, few(40)))).toMatchObject({
      severity: 'warning',
      evidence: { examplesPerClass: 10, parametersPerExample: 5 },
    }))
  test('silent of many, and of few that suffice', () => {
    expect(judged('little-data', ...run(byHeart))).toBeUndefined()
    expect(judged('little-data', ...run(healthy, known, few(40)))).toBeUndefined()
  })
})

describe('train-validation-mismatch', () => {
  // What the neighbours said of the validation part is not known.
  const some = check(chance(guess), level({ baseline: 0.95, guess: 0.25 }))
  test('a gap that is there before anything is learnt by heart', () =>
    expect(judged('train-validation-mismatch', ...run(apart, some, start()))?.severity).toBe('warning'))
  test('silent of what grows later, of neighbours that carry over, of few examples', () => {
    expect(judged('train-validation-mismatch', ...run(byHeart, some, start()))).toBeUndefined()
    expect(judged('train-validation-mismatch', ...run(healthy, some, start()))).toBeUndefined()
    expect(judged('train-validation-mismatch', ...run(apart))).toBeUndefined()
    expect(judged('train-validation-mismatch', ...run(apart, some, start({ data: { training: 100 } })))).toBeUndefined()
  })
})

describe('labels-wrong', () => {
  const inverted = healthy.map((point) => ({ ...point, validation: 5, right: [0.95, 0.02] as const }))
  test('who is right less often than by guessing knows something', () =>
    expect(judged('labels-wrong', ...run(inverted))).toMatchObject({ severity: 'error', basis: 'run' }))
  test('silent at chance, where training is not fit, and where the inputs are prepared otherwise', () => {
    expect(judged('labels-wrong', ...run(never))).toBeUndefined()
    const unfit = inverted.map((point) => ({ ...point, training: 1.3, right: [0.3, 0.02] as const }))
    expect(judged('labels-wrong', ...run(unfit))).toBeUndefined()
    const other = finding({ check: 'parts', code: 'validation-preprocessing', verdict: 'fail' })
    expect(judged('labels-wrong', ...run(inverted, check(chance(guess), other), start()))).toBeUndefined()
  })
})

describe('no-signal', () => {
  const signal = (near: number, single: number) =>
    finding({
      check: 'signal',
      verdict: 'pass',
      evidence: { nearRowsProbability: near, singleFeatureProbability: single },
    })
  const atChance = level({ baseline: 0.26, guess: 0.25 })
  test('the tests were not sure, and the validation part is never answered better than by guessing', () =>
    expect(
      judged('no-signal', ...run(never, check(chance(guess), signal(0.05, 0.4), atChance), start()))?.severity,
    ).toBe('warning'))
  test('silent where the tests were sure, where neighbours know something, and where the net does', () => {
    expect(
      judged('no-signal', ...run(never, check(chance(guess), signal(0.01, 0.4), atChance), start())),
    ).toBeUndefined()
    expect(
      judged(
        'no-signal',
        ...run(never, check(chance(guess), signal(0.05, 0.4), level({ baseline: 0.5, guess: 0.25 })), start()),
      ),
    ).toBeUndefined()
    expect(
      judged('no-signal', ...run(healthy, check(chance(guess), signal(0.05, 0.4), atChance), start())),
    ).toBeUndefined()
  })
  test('what the check found is taken back by a net that learns: a parity', () => {
    const found = finding({ check: 'signal', code: 'no-signal' })
    expect(judged('no-signal', check(chance(guess), found, atChance), start())?.severity).toBe('warning')
    expect(judged('no-signal', ...run(healthy, check(chance(guess), found, atChance), start()))).toBeUndefined()
    expect(judged('no-signal', ...run(never, check(chance(guess), found, atChance), start()))?.severity).toBe('warning')
  })
})

describe('label-noise in training, where neighbours say nothing', () => {
  const surprise = (share: number, median: number): RunEvent => ({
    type: 'probe',
    probe: 'evaluated',
    step: 100,
    epoch: 10,
    values: { 'surprising/training': share },
    distributions: { 'exampleLoss/training': distribution(0.8, 1.5, median) },
  })
  const blind = check(chance(guess))
  const right = healthy.map((point) => ({ ...point, right: [0.8, 0.79] as const }))
  const told = (share: number, median: number, before = blind) =>
    judged('label-noise', before, start(), ...epochs(right), surprise(share, median), end())
  test('one example in six is answered wrong with confidence, the median one right', () =>
    expect(told(0.17, 0.2)).toMatchObject({ severity: 'warning', basis: 'run' }))
  test('silent where errors are made in doubt, where little is fit, and where neighbours would have known', () => {
    expect(told(0.06, 0.2)).toBeUndefined()
    expect(told(0.1, 0.2)).toBeUndefined()
    expect(told(0.17, 0.6)).toBeUndefined()
    expect(told(0.17, 0.2, known)).toBeUndefined()
  })
})

describe('underfitting', () => {
  /** Settled at 60% right. */
  const low = new Array<Both>(10).fill({ training: 0.9, validation: 0.92, right: [0.6, 0.59] })
  test('neighbours get 0.95, the net 0.6, it has 200 parameters for 1000 rows, and has settled', () =>
    expect(judged('underfitting', ...run(low))).toMatchObject({
      severity: 'warning',
      evidence: { reached: 0.6, baseline: 0.95, parametersPerExample: 0.2 },
    }))
  test('silent at the limit of what can be known: neighbours get 0.62', () =>
    expect(
      judged('underfitting', ...run(low, check(chance(guess), level({ baseline: 0.62, guess: 0.25 })), start())),
    ).toBeUndefined())
  test('silent while it is still learning, with room for all examples, with a gap, without a level, at nothing learnt', () => {
    const falling = low.map((point, i) => ({ ...point, training: 1.3 - 0.06 * i }))
    expect(judged('underfitting', ...run(falling))).toBeUndefined()
    const large = start({ parameters: [{ name: 'dense1.weight', shape: [200, 50] }] })
    expect(judged('underfitting', ...run(low, known, large))).toBeUndefined()
    const gap = low.map((point) => ({ ...point, right: [0.6, 0.3] as const }))
    expect(judged('underfitting', ...run(gap))).toBeUndefined()
    expect(judged('underfitting', ...run(low, check(chance(guess)), start()))).toBeUndefined()
    const nothing = low.map((point) => ({ ...point, right: [0.26, 0.25] as const }))
    expect(judged('underfitting', ...run(nothing))).toBeUndefined()
  })
  test('of numbers: the share of the variance', () => {
    const data = { task: 'regression' as const, classes: undefined, training: 1000 }
    const numbers = start({ loss: 'squaredError', data })
    const half = new Array<Both>(10).fill({ training: 0.5, validation: 0.52 })
    const variance = check(chance(1), level({ baseline: 0.9, guess: 0 }))
    expect(judged('underfitting', ...run(half, variance, numbers))?.evidence.reached).toBeCloseTo(0.5, 6)
    expect(
      judged('underfitting', ...run(half, check(chance(1), level({ baseline: 0.5, guess: 0 })), numbers)),
    ).toBeUndefined()
  })
})
