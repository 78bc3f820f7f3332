/** @file Schedules against PyTorch's schedulers over 50 epochs (test/fixtures/make_schedules.py), to 1e-12. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Schedule, schedule } from '../../../src/optim/index.ts'

const golden = JSON.parse(readFileSync(new URL('../../fixtures/optim/schedules.json', import.meta.url), 'utf8')) as {
  losses: (number | 'NaN')[]
  rates: Record<string, number[]>
}
const losses = golden.losses.map(Number)

const cosine = { from: 0.2, to: 0.01 }
const cases: [name: string, ours: Schedule][] = [
  ['step', schedule.step({ from: 0.2 })],
  ['exponential', schedule.exponential({ from: 0.2, decay: 0.07 })],
  ['inverse', schedule.inverse({ from: 0.2, decay: 0.3 })],
  ['polynomial', schedule.polynomial({ from: 0.2, power: 2.5, epochs: 40 })],
  ['linear', schedule.linear({ from: 0.2, to: 0.04, epochs: 30 })],
  ['cosine', schedule.cosine({ ...cosine, epochs: 49 })],
  ['restarts', schedule.cosine({ ...cosine, epochs: 7, restarts: true })],
  ['growing-restarts', schedule.cosine({ ...cosine, epochs: 4, restarts: true, growth: 2 })],
  ['one-cycle', schedule.oneCycle({ max: 0.5, steps: 50 })],
  ['one-cycle-linear', schedule.oneCycle({ max: 0.5, steps: 50, rise: 0.4, shape: 'linear', divide: 10, end: 100 })],
  ['warm-up', schedule.warmUp({ epochs: 8, from: 0.1, rate: schedule.exponential({ from: 0.2, decay: 0.07 }) })],
  [
    'sequence',
    schedule.sequence([
      { rate: schedule.step({ from: 0.2 }), epochs: 20 },
      { rate: schedule.cosine({ from: 0.2, epochs: 30 }) },
    ]),
  ],
  [
    'piecewise',
    schedule.piecewise([
      [0, 0.2],
      [10, 0.02],
      [30, 0.002],
    ]),
  ],
  ['plateau', schedule.plateau({ from: 0.2, factor: 0.5, patience: 3, threshold: 1e-3 })],
  [
    'plateau-cooled',
    schedule.plateau({ from: 0.2, factor: 0.3, patience: 2, threshold: 0.05, cooldown: 4, least: 0.004 }),
  ],
]

test('every schedule of the fixture is looked at', () =>
  expect(cases.map(([name]) => name)).toEqual(Object.keys(golden.rates)))

describe('50 epochs', () => {
  test.each(cases)('%s', (name, ours) => {
    const expected = golden.rates[name]
    expect(expected).toHaveLength(50)
    expected.forEach((rate, epoch) => {
      // Steps and epochs are one here: what counts steps and what counts epochs sees the same time.
      const value = ours({ epoch, step: epoch, validation: losses.slice(0, epoch) })
      expect(Math.abs(value - rate), `epoch ${epoch}`).toBeLessThan(1e-12)
    })
  })
})

describe('the fixture sees a wrong schedule', () => {
  const furthest = (name: string, ours: Schedule) =>
    Math.max(
      ...golden.rates[name].map((rate, epoch) =>
        Math.abs(ours({ epoch, step: epoch, validation: losses.slice(0, epoch) }) - rate),
      ),
    )
  test.each([
    ['one-cycle', schedule.oneCycle({ max: 0.5, epochs: 50 })],
    ['cosine', schedule.cosine({ ...cosine, epochs: 50 })],
    ['plateau', schedule.plateau({ from: 0.2, factor: 0.5, patience: 2, threshold: 1e-3 })],
    ['plateau-cooled', schedule.plateau({ from: 0.2, factor: 0.3, patience: 2, threshold: 0.05, least: 0.004 })],
  ])('%s', (name, wrong) => expect(furthest(name, wrong)).toBeGreaterThan(1e-4))
})
