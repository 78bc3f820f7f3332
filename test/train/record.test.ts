/** @file What a training tells becomes series and events: at the loop's own places, nothing lost, and read back as it was. */
import { describe, expect, test } from 'vitest'
import type { Plain } from '../../src/store/store.ts'
import type { StartEvent, TrainingEvent } from '../../src/train/events.ts'
import { TrainingRecord } from '../../src/train/record.ts'
import { eventVersions, fromRecorded, toRecorded } from '../../src/train/record-events.ts'
import { MemorySink } from './sink.ts'

const start: StartEvent = {
  type: 'start',
  seed: 3,
  data: { name: 'points', task: 'regression', training: 25, validation: 5, featureShape: [2] },
  parameters: [{ name: 'dense1.weight', shape: [2, 1] }],
  loss: 'squaredError',
  update: 'sgd',
  epochs: 2,
  batchSize: 10,
  hyper: { rate: 0.1 },
  engine: 'an engine',
  form: 'nodes',
  threads: 1,
}

function recorded(...events: TrainingEvent[]): MemorySink {
  const sink = new MemorySink()
  const record = new TrainingRecord(sink)
  for (const event of events) record.write(event, 7)
  return sink
}

describe('series', () => {
  test("the loss of every step, at the loop's places: batches of 10, 10 and 5 of 25 examples", () => {
    const { series } = recorded(
      start,
      { type: 'steps', first: 0, epoch: 0, losses: [3, 2] },
      { type: 'steps', first: 2, epoch: 0.8, losses: [Number.NaN] },
      { type: 'steps', first: 3, epoch: 1, losses: [1, 0.5, Number.POSITIVE_INFINITY] },
    )
    expect(series).toEqual({
      loss: [
        [0, 0, 7, 3],
        [1, 0.4, 7, 2],
        [2, 0.8, 7, Number.NaN],
        [3, 1, 7, 1],
        [4, 1.4, 7, 0.5],
        [5, 1.8, 7, Number.POSITIVE_INFINITY],
      ],
    })
  })

  test('the places have the same bits however the steps come in groups', () => {
    const [size, rows, epoch] = [64, 1437, 6]
    const at = (batch: number) => epoch + (batch * size) / rows
    const begun = { ...start, batchSize: size, data: { ...start.data, training: rows } }
    const count = Math.ceil(rows / size)
    for (let batch = 0; batch < count; batch++) {
      const { series } = recorded(begun, {
        type: 'steps',
        first: 9,
        epoch: at(batch),
        losses: Array(count - batch).fill(1),
      })
      expect(series.loss.map(([, place]) => place)).toEqual(
        Array.from({ length: count - batch }, (_, i) => at(batch + i)),
      )
    }
  })

  test('measurements after an epoch, with its own seconds; what is not there is no point', () => {
    const { series } = recorded(
      start,
      { type: 'epoch', epoch: 0, step: 0, validation: { loss: 4, examples: 5 }, penalty: 0.5, seconds: 1 },
      {
        type: 'epoch',
        epoch: 1,
        step: 3,
        training: { loss: 2, accuracy: 0.75, examples: 25 },
        validation: { loss: 3, accuracy: 0.5, examples: 5 },
        penalty: 0.25,
        learningRate: 0.1,
      },
    )
    expect(series).toEqual({
      'validation/loss': [
        [0, 0, 1, 4],
        [3, 1, 7, 3],
      ],
      penalty: [
        [0, 0, 1, 0.5],
        [3, 1, 7, 0.25],
      ],
      'training/loss': [[3, 1, 7, 2]],
      'training/accuracy': [[3, 1, 7, 0.75]],
      'validation/accuracy': [[3, 1, 7, 0.5]],
      learningRate: [[3, 1, 7, 0.1]],
    })
  })

  test('values of probes; distributions and pictures are events without the values', () => {
    const values = { 'norm/a': 1, 'norm/b': Number.NaN }
    const picture = { shape: [1, 1, 2], values: Float32Array.of(0.1, -2) }
    const { series, events } = recorded(
      { type: 'probe', probe: 'norms', step: 4, epoch: 0.5, values },
      { type: 'probe', probe: 'weights', step: 4, epoch: 0.5, values: {}, pictures: { 'dense1.weight': picture } },
    )
    expect(series).toEqual({ 'norm/a': [[4, 0.5, 7, 1]], 'norm/b': [[4, 0.5, 7, Number.NaN]] })
    // 0.1 and -2 as float32 are cdcccc3d and 000000c0, little-endian.
    const float32 = Buffer.from('cdcccc3d000000c0', 'hex').toString('base64')
    expect(events).toEqual([
      {
        type: 'probe',
        version: 1,
        probe: 'weights',
        step: 4,
        epoch: 0.5,
        pictures: { 'dense1.weight': { shape: [1, 1, 2], float32 } },
      },
    ])
  })
})

test("a probe's value of the same name as a series of the loop stands apart", () => {
  const { series } = recorded(
    { type: 'steps', first: 0, epoch: 0, losses: [3] },
    { type: 'probe', probe: 'objective', step: 0, epoch: 0, values: { loss: 3, penalty: 1, objective: 4 } },
  )
  expect(series).toEqual({
    loss: [[0, 0, 7, 3]],
    'objective/loss': [[0, 0, 7, 3]],
    'objective/penalty': [[0, 0, 7, 1]],
    objective: [[0, 0, 7, 4]],
  })
})

describe('events', () => {
  const all: TrainingEvent[] = [
    start,
    { type: 'checkpoint', step: 3, epoch: 1, kept: ['newest', 'best'] },
    { type: 'resume', step: 3, epoch: 1, warnings: ['another processor'] },
    { type: 'roll-back', from: 5, to: 3, epoch: 1, rateFactor: 0.1, message: 'the loss became NaN' },
    { type: 'end', outcome: { reason: 'finished' }, epoch: 2, step: 6 },
  ]

  test('all else is an event with its version, and is read back as it was', () => {
    const { events, series } = recorded(...all)
    expect(series).toEqual({})
    expect(events.map(({ type, version }) => [type, version])).toEqual(all.map(({ type }) => [type, 1]))
    expect(events.map(fromRecorded)).toEqual(all)
  })

  test('pictures are read back bit for bit', () => {
    const values = Float32Array.from({ length: 30_000 }, (_, i) => Math.sin(i) / 3)
    const event: TrainingEvent = {
      type: 'probe',
      probe: 'weights',
      step: 0,
      epoch: 0,
      values: { a: 1 },
      pictures: { 'conv1.weight': { shape: [10, 3000], values } },
    }
    expect(fromRecorded(JSON.parse(JSON.stringify(toRecorded(event))))).toEqual(event)
  })

  test('hyperparameters of any kind have a plain form', () => {
    class Schedule {
      from = 0.1
    }
    const around: Record<string, unknown> = {}
    around.self = around
    const hyper = {
      rate: Number.NaN,
      schedule: new Schedule(),
      rule: function momentum() {},
      sizes: Int32Array.of(1, 2),
      big: 3n,
      since: new Date(0),
      missing: undefined,
      around,
    }
    expect(toRecorded({ ...start, hyper }).hyper).toEqual({
      rate: Number.NaN,
      schedule: { from: 0.1 },
      rule: 'function momentum',
      sizes: [1, 2],
      big: '3',
      since: '1970-01-01T00:00:00.000Z',
      around: { self: 'an object within itself' },
    } satisfies Plain)
  })

  test('what a later version recorded is refused, what is no event of a training left alone', () => {
    const version = eventVersions.end + 1
    expect(() => fromRecorded({ type: 'end', version })).toThrow(
      `an event 'end' has version ${version}, and this Rappel knows version ${eventVersions.end}`,
    )
    expect(fromRecorded({ type: 'note', text: 'doubled the batch' })).toBeUndefined()
    expect(fromRecorded({ type: 'toString' })).toBeUndefined()
  })
})
