/** @file Rules that read the trials before a run. Each trial's numbers are round ones: a loss of 2 untrained, 1 taken off at best. */
import { describe, expect, test } from 'vitest'
import type { ExperimentEvent, RunEvent } from '../../../src/diagnose/events.ts'
import { History } from '../../../src/diagnose/history.ts'
import { rateFactors, rateName } from '../../../src/diagnose/rate-factors.ts'
import { batchTrial, rateTrial, targetTrial } from '../../../src/diagnose/statistics/trials.ts'
import type { StartEvent } from '../../../src/train/events.ts'
import { check, end, epochs, finding, judged, level, start } from './data/runs.ts'

const out = Number.POSITIVE_INFINITY
const experiment = (name: ExperimentEvent['experiment'], values: ExperimentEvent['values']): ExperimentEvent => ({
  type: 'experiment',
  experiment: name,
  step: 0,
  epoch: 0,
  values,
})

/** @param ends of the nine rates, from a hundredth to a hundred times the run's own */
const rates = (...ends: readonly number[]) =>
  experiment('rates', {
    steps: 100,
    start: 2,
    untrained: 2,
    ...Object.fromEntries(ends.map((loss, i) => [rateName(rateFactors[i]), loss])),
  })

const tooHigh = rates(1.8, 1.3, 1.05, 1, out, out, out, out, out)
const tooLow = rates(2, 2, 2, 1.99, 1.98, 1.9, 1.6, 1.05, 1)
const right = rates(1.9, 1.8, 1.5, 1.2, 1.02, 1, 1.1, 1.5, out)

const at = (learningRate: number, more: Partial<StartEvent> = {}) =>
  start({ rule: { name: 'sgd', hyper: { learningRate }, scheduled: [], states: [] }, ...more })
const losses = (count: number, of: (i: number) => number): RunEvent => ({
  type: 'steps',
  first: 0,
  epoch: 0,
  losses: Array.from({ length: count }, (_, i) => of(i)),
})

function history(...events: readonly RunEvent[]): History {
  const run = new History()
  for (const event of events) run.take(event)
  return run
}

describe('what the trials say', () => {
  test('the good rate is the lowest that brings nine tenths of the best', () => {
    // 2 − 1.05 = 0.95 of 1.
    expect(rateTrial(history(at(1), tooHigh))).toMatchObject({ most: 1, own: Number.NEGATIVE_INFINITY, good: 0.1 })
    expect(rateTrial(history(at(1), tooLow))).toMatchObject({ most: 1, good: 30 })
    expect(rateTrial(history(at(1), tooLow))?.own).toBeCloseTo(0.02, 12)
    expect(rateTrial(history(at(1), right))).toMatchObject({ good: 1 })
  })

  test('numbers that are spelt out, as JSON lines have them, and rates that were tried beyond the nine', () => {
    const told = experiment('rates', { ...rates(2, 2, 2, 2, 2, 2, 2, 1.9, 1.8).values, 'loss at 1000': 1 })
    const spelt = { ...told, values: { ...told.values, 'loss at 3000': 'Infinity' as unknown as number } }
    expect(rateTrial(history(at(1), spelt))).toMatchObject({ most: 1, good: 1000 })
  })

  test('no rate is good where none learns, or where the run warms up', () => {
    expect(rateTrial(history(at(1), rates(2, 2, 1.99, 2, 2, out, out, out, out)))?.good).toBeUndefined()
    const warmUp = [0, 1, 2].map((epoch) => ({ epoch, rate: epoch / 2 }))
    expect(rateTrial(history(at(1, { learningRates: warmUp }), tooLow))?.good).toBeUndefined()
  })

  test('nothing, of an event without values', () => {
    const run = history(experiment('rates', {}), experiment('shuffled-targets', {}), experiment('repeated-batch', {}))
    expect([rateTrial(run), targetTrial(run), batchTrial(run)]).toEqual([undefined, undefined, undefined])
  })
})

describe('lr-too-high', () => {
  const said = (...events: readonly RunEvent[]) => judged('lr-too-high', ...events)
  test('before the first step, where the trial at the run’s rate diverged: the measured rate', () =>
    expect(said(at(5), tooHigh)).toMatchObject({
      severity: 'error',
      basis: 'experiment',
      suggestion: { what: 'learningRate', value: 0.5, instead: 5 },
    }))
  test('less than 0.3 of the best is a warning', () =>
    expect(said(at(5), rates(1.8, 1.3, 1.05, 1, 1.8, out, out, out, out))).toMatchObject({ severity: 'warning' }))
  test('silent where the run’s rate does well, and where the run has learnt since', () => {
    expect(said(at(1), right)).toBeUndefined()
    expect(
      said(
        at(5),
        tooHigh,
        losses(200, (i) => Math.max(1.2, 2 - i / 50)),
      ),
    ).toBeUndefined()
  })
  test('of a run that went out of bounds', () =>
    expect(
      said(
        at(5),
        tooHigh,
        losses(20, (i) => 2 * 2 ** i),
      ),
    ).toMatchObject({
      basis: 'experiment',
      suggestion: { value: 0.5 },
    }))
})

describe('lr-too-low', () => {
  const said = (...events: readonly RunEvent[]) => judged('lr-too-low', ...events)
  test('before the first step, in a run of fewer steps than would make up for it', () =>
    expect(said(at(1e-4), tooLow)).toMatchObject({
      basis: 'experiment',
      suggestion: { what: 'learningRate', value: 0.003, instead: 1e-4 },
    }))
  test('silent in a run of 30 · 100 / 2 steps or more, at a rate that does well, and where the run has learnt since', () => {
    expect(said(at(1e-4, { epochs: 150 }), tooLow)).toBeUndefined()
    expect(said(at(1), right)).toBeUndefined()
    expect(
      said(
        at(1e-4),
        tooLow,
        losses(100, (i) => 2 - i / 100),
      ),
    ).toBeUndefined()
  })
})

test('diverged: the measured rate, where the steps do not show it', () => {
  // The gradient of the very last step is what went first; the losses before it are quiet.
  const outcome = {
    reason: 'diverged' as const,
    message: 'a value of dense1.weight became NaN',
    hint: '',
    first: 'dense1.weight',
  }
  const events: RunEvent[] = [losses(20, () => 2), { type: 'end', outcome, step: 20, epoch: 0 }]
  expect(judged('diverged', at(5), tooHigh, ...events)).toMatchObject({
    basis: 'experiment',
    suggestion: { value: 0.5, instead: 5 },
  })
  expect(judged('diverged', at(5), ...events)?.advice).toMatch(/‘rappel train --probe’ tells whether it is the rate/)
})

describe('wrong-sign', () => {
  const batch = (start: number, end: number) => experiment('repeated-batch', { steps: 100, factor: 0.01, start, end })
  const said = (...events: readonly RunEvent[]) => judged('wrong-sign', at(1), ...events)
  // A first order: 0.01 and 0.03 at three times the rate.
  const rising = rates(2.01, 2.03, 2.1, 2.4, 5, out, out, out, out)
  test('a loss that rises in proportion to the smallest rates, also of a batch that is repeated', () =>
    expect(said(rising, batch(2, 2.02))).toMatchObject({ severity: 'error', basis: 'experiment' }))
  test('silent where one batch is learnt, where any rate helps, and where the rise is of second order (9 times)', () => {
    expect(said(rising, batch(2, 1.5))).toBeUndefined()
    expect(said(rates(1.99, 2.03, 2.1, 2.4, 5, out, out, out, out), batch(2, 2.02))).toBeUndefined()
    expect(said(rates(2.01, 2.09, 2.81, out, out, out, out, out, out), batch(2, 2.02))).toBeUndefined()
  })
})

describe('no-signal', () => {
  const targets = (own: number, shuffled: number) =>
    experiment('shuffled-targets', {
      steps: 100,
      factor: 1,
      start: 1.5,
      own,
      ownError: 0.01,
      shuffled,
      shuffledError: 0.01,
    })
  const learnt = experiment('repeated-batch', { steps: 100, factor: 1, start: 1.5, end: 0.01 })
  const suspected = check(finding({ check: 'signal', code: 'no-signal' }))
  test('surer where shuffled targets are learnt as well', () =>
    expect(judged('no-signal', at(1), suspected, targets(1, 1.01), learnt)).toMatchObject({
      confidence: 0.95,
      basis: 'experiment',
    }))
  test('taken back where true ones are learnt better, by 0.2/√(2·0.01²) = 14 standard errors', () =>
    expect(judged('no-signal', at(1), suspected, targets(1, 1.2), learnt)).toBeUndefined())
  test('as it was where the net learns nothing: it could not have shown a difference', () =>
    expect(
      judged('no-signal', at(1), suspected, targets(1, 1.01), experiment('repeated-batch', { start: 1.5, end: 1.4 })),
    ).toMatchObject({ confidence: 0.9, basis: 'data' }))
  test('labels-wrong is surer too', () => {
    const shifted = check(finding({ check: 'neighbours', code: 'labels-wrong' }))
    expect(judged('labels-wrong', at(1), shifted, targets(1, 1), learnt)).toMatchObject({ confidence: 0.97 })
    expect(judged('labels-wrong', at(1), shifted, targets(1, 1.2), learnt)).toMatchObject({ confidence: 0.9 })
  })
})

describe('underfitting', () => {
  const batch = (last: number) => experiment('repeated-batch', { steps: 100, factor: 1, start: 1.4, end: last })
  // Settled, with no gap, where a vote of near rows gets nine in ten.
  const settled = [
    start({ parameters: [{ name: 'dense1.weight', shape: [20, 4] }] }),
    check(
      level({ baseline: 0.9, guess: 0.25 }),
      finding({ check: 'loss', verdict: 'pass', evidence: { chance: 1.386 } }),
    ),
    losses(100, () => 1),
    ...epochs(Array.from({ length: 10 }, () => ({ training: 1, validation: 1, right: [0.6, 0.6] as const }))),
    end(),
  ]
  const said = (...trials: readonly RunEvent[]) => judged('underfitting', settled[0], ...trials, ...settled.slice(1))
  test('surer where not even one batch is learnt', () => {
    const without = said()
    expect(without?.basis).toBe('run')
    expect(said(batch(1))).toMatchObject({ basis: 'experiment', evidence: { batchStart: 1.4, batchEnd: 1 } })
    expect(said(batch(0.01))).toMatchObject({ basis: 'run', confidence: without?.confidence })
  })
  test('proposes the trial where it was not made', () => expect(said()?.advice).toMatch(/--probe/))
})
