/** @file Losses that repeat from epoch to epoch, and losses that do not. */
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../../../../src/base/random.ts'
import type { RunEvent } from '../../../../src/diagnose/events.ts'
import { judged, start } from './runs.ts'

const random = new RandomStream(4, 'not-shuffled test')

/** Losses of 12 epochs of 20 steps that fall as 2/(1 + epoch), times what stands at each place. */
const losses = (at: (place: number, epoch: number) => number, epochs = 12) =>
  Array.from({ length: 20 * epochs }, (_, step) => (2 / (1 + step / 20)) * at(step % 20, Math.floor(step / 20)))

const ours = (values: readonly number[]): RunEvent[] => [
  start({ batchSize: 50 }),
  { type: 'steps', first: 0, epoch: 0, losses: values },
]
const foreign = (values: readonly number[]) =>
  values.flatMap((loss, step): RunEvent[] => [
    { type: 'log', step, values: { loss } },
    ...(step % 20 === 19 ? [{ type: 'log' as const, step, values: { 'validation/loss': 1 } }] : []),
  ])

const noise = () => Math.exp(0.3 * random.normal())
/** Five classes of four batches: each begins badly. */
const sorted = (place: number) => (place % 4 === 0 ? 3 : 0.5) * noise()
const drawn = Array.from({ length: 20 }, noise)

describe.each([
  ['ours', ours],
  ['foreign', foreign],
])('%s', (_, told) => {
  test('blocks of classes', () => expect(judged('not-shuffled', ...told(losses(sorted)))?.severity).toBe('warning'))
  test('one order of chance for all epochs', () =>
    expect(
      judged('not-shuffled', ...told(losses((place) => drawn[place] * Math.exp(0.1 * random.normal())))),
    ).toBeDefined())
  test('silent of an order for each epoch', () =>
    expect(judged('not-shuffled', ...told(losses(() => noise())))).toBeUndefined())
  test('silent of a smaller last batch with a loss of its own', () =>
    expect(judged('not-shuffled', ...told(losses((place) => (place === 19 ? 5 : 1) * noise())))).toBeUndefined())
  test('silent of a rate that swings within each epoch', () =>
    expect(
      judged('not-shuffled', ...told(losses((place) => (1 + 0.5 * ((place - 9.5) / 9.5) ** 2) * noise()))),
    ).toBeUndefined())
  test('silent of two epochs, and of one', () => {
    expect(judged('not-shuffled', ...told(losses(sorted, 2)))).toBeUndefined()
    expect(judged('not-shuffled', ...told(losses(sorted, 1)))).toBeUndefined()
  })
})

test('silent where nobody says how long an epoch is, and of epochs of one step', () => {
  const bare = losses(sorted).map((loss, step): RunEvent => ({ type: 'log', step, values: { loss } }))
  expect(judged('not-shuffled', ...bare)).toBeUndefined()
  const whole = start({ batchSize: 1000 })
  expect(judged('not-shuffled', whole, { type: 'steps', first: 0, epoch: 0, losses: losses(sorted) })).toBeUndefined()
})
