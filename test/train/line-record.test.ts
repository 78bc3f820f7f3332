/** @file The JSON-lines form: what a program in any language may write, and what it may get wrong. */
import { describe, expect, test } from 'vitest'
import { toJson } from '../../src/cli/document.ts'
import { parseJson } from '../../src/store/json.ts'
import { LineRecord, lineHeader } from '../../src/train/line-record.ts'
import { toRecorded } from '../../src/train/record-events.ts'
import { MemorySink } from './sink.ts'

function taken(...lines: string[]): MemorySink & { end: LineRecord['end'] } {
  const sink = new MemorySink()
  const record = new LineRecord(sink)
  for (const line of lines) record.take(parseJson(line))
  return Object.assign(sink, { end: record.end })
}
const none = Number.NaN

describe('a loop of somebody else', () => {
  test('logs with their places, and steps that count by themselves', () => {
    const { series } = taken(
      '{"type":"log","values":{"loss":2}}',
      '{"type":"log","step":null,"values":{"loss":1.5,"lr":0.1}}',
      '{"type":"log","step":10,"epoch":0.5,"seconds":3,"values":{"loss":1}}',
      '{"type":"log","values":{"loss":0.5}}',
    )
    expect(series).toEqual({
      loss: [
        [0, none, none, 2],
        [1, none, none, 1.5],
        [10, 0.5, 3, 1],
        [11, none, none, 0.5],
      ],
      lr: [[1, none, none, 0.1]],
    })
  })

  test('NaN and infinities, spelt as texts or bare as Python writes them; a text that holds such a word stays', () => {
    const { series, events } = taken(
      '{"type":"log","values":{"a":"NaN","b":"-Infinity"}}',
      '{"type": "log", "values": {"a": NaN, "b": -Infinity, "c": Infinity}}',
      '{"type":"event","event":{"type":"note","text":"the loss was NaN, \\"NaN\\" it was","value":NaN}}',
    )
    expect(series.a.map((point) => point[3])).toEqual([Number.NaN, Number.NaN])
    expect(series.b.map((point) => point[3])).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(series.c.map((point) => point[3])).toEqual([Number.POSITIVE_INFINITY])
    expect(events).toEqual([{ type: 'note', text: 'the loss was NaN, "NaN" it was', value: Number.NaN }])
  })

  test('the end says the state and the result; without one the run was interrupted', () => {
    expect(taken('{"type":"end"}').end).toEqual({ state: 'finished' })
    expect(taken('{"type":"end","state":"diverged","result":{"loss":"NaN"}}').end).toEqual({
      state: 'diverged',
      result: { loss: Number.NaN },
    })
    expect(taken('{"type":"log","values":{"loss":1}}').end).toEqual({ state: 'interrupted' })
  })

  test('the start names the run', () => {
    const header = (line: string) => lineHeader(parseJson(line))
    expect(header('{"type":"start"}')).toEqual({})
    expect(
      header('{"type":"start","name":"net","seed":1,"hyper":{"lr":0.1},"startedAt":"2026-11-23T09:16:02Z"}'),
    ).toEqual({ name: 'net', seed: 1, hyper: { lr: 0.1 }, startedAt: Date.UTC(2026, 10, 23, 9, 16, 2) })
    expect(header('{"type":"start","startedAt":1795425362000}').startedAt).toBe(1795425362000)
    expect(() => header('{"type":"start","startedAt":1795425362}')).toThrow('expected milliseconds since 1970')
    expect(() => header('{"type":"start","name":5}')).toThrow('name is 5, expected a text')
  })
})

test('what is told around a training is kept as it is', () => {
  const { events } = taken(
    '{"type":"check","sanity":{"verdict":"pass","words":"","findings":[]}}',
    '{"type":"finding","finding":{"code":"unstable","evidence":{"noise":"NaN"}}}',
    '{"type":"finding-cleared","code":"unstable","at":{"epoch":1,"step":10}}',
    '{"type":"end","state":"finished"}',
    '{"type":"experiment","experiment":"lower-rate","step":10,"epoch":1,"values":{"loss":1}}',
  )
  expect(events).toEqual([
    { type: 'check', version: 1, sanity: { verdict: 'pass', words: '', findings: [] } },
    { type: 'finding', version: 1, finding: { code: 'unstable', evidence: { noise: Number.NaN } } },
    { type: 'finding-cleared', version: 1, code: 'unstable', at: { epoch: 1, step: 10 } },
    { type: 'experiment', version: 1, experiment: 'lower-rate', step: 10, epoch: 1, values: { loss: 1 } },
  ])
})

test('what rappel train --events prints', () => {
  const start = {
    type: 'start',
    seed: 0,
    data: { name: 'd', task: 'regression', training: 20, validation: 0, featureShape: [1] },
    parameters: [],
    loss: 'squaredError',
    update: 'sgd',
    epochs: 1,
    batchSize: 10,
    hyper: {},
    engine: 'e',
    form: 'nodes',
    threads: 1,
  } as const
  const picture = { shape: [1, 1, 1], values: Float32Array.of(0.5) }
  const { series, events, end } = taken(
    '{"type":"check","schema":1,"verdict":"pass"}',
    toJson(start),
    '{"type":"steps","first":0,"epoch":0,"losses":[2,"NaN"]}',
    '{"type":"epoch","epoch":1,"step":2,"training":{"loss":1,"accuracy":0.5,"examples":20},"penalty":0}',
    toJson(toRecorded({ type: 'probe', probe: 'p', step: 1, epoch: 0.5, values: { v: 1 }, pictures: { w: picture } })),
    '{"type":"end","outcome":{"reason":"finished"},"epoch":1,"step":2}',
    '{"type":"result","schema":1,"seed":0}',
  )
  expect(series.loss).toEqual([
    [0, 0, none, 2],
    [1, 0.5, none, Number.NaN],
  ])
  expect(series['training/accuracy']).toEqual([[2, 1, none, 0.5]])
  expect(series.v).toEqual([[1, 0.5, none, 1]])
  expect(events.map(({ type }) => type)).toEqual(['check', 'start', 'probe', 'end'])
  expect(events[2].pictures).toEqual({ w: { shape: [1, 1, 1], float32: 'AAAAPw==' } })
  expect(end).toEqual({ state: 'finished', result: { schema: 1, seed: 0 } })
})

describe('wrong lines', () => {
  test.each([
    ['[1]', 'the line is [1], expected a JSON object'],
    ['"loss"', 'the line is "loss", expected a JSON object'],
    ['{}', 'the line has no type'],
    ['{"loss":0.3}', 'the line has no type'],
    ['{"type":3}', 'type is 3'],
    ['{"type":"logs","values":{}}', "'logs' is no type of line"],
    ['{"type":"log"}', 'the log has no values'],
    ['{"type":"log","value":{"loss":1}}', "a line of type 'log' has no field 'value'"],
    ['{"type":"log","values":[1]}', 'the values are [1], expected numbers by name'],
    ['{"type":"log","values":{"loss":"0.3"}}', '\'loss\' is "0.3", expected a number'],
    ['{"type":"log","values":{"loss":null}}', "'loss' is null, expected a number"],
    ['{"type":"log","values":{" loss":1}}', 'the name of a series is " loss"'],
    ['{"type":"log","values":{"":1}}', 'the name of a series is ""'],
    ['{"type":"log","step":1.5,"values":{"loss":1}}', 'step is 1.5, expected a whole number from 0 up'],
    ['{"type":"log","step":-1,"values":{"loss":1}}', 'step is -1'],
    ['{"type":"log","step":"1","values":{"loss":1}}', 'step is "1"'],
    ['{"type":"log","epoch":-0.5,"values":{"loss":1}}', 'epoch is -0.5'],
    ['{"type":"event"}', 'the event is undefined, expected an object with a type'],
    ['{"type":"event","event":{"text":"x"}}', 'the event is an object of Object, expected an object with a type'],
    ['{"type":"end","state":"done"}', 'state is "done"'],
    ['{"type":"steps","first":0,"epoch":0,"losses":5}', 'losses is 5, expected numbers'],
    ['{"type":"steps","first":0,"epoch":0,"losses":[1,null]}', 'losses[1] is null, expected a number'],
    ['{"type":"steps","epoch":0,"losses":[]}', 'first is undefined, expected a number'],
    ['{"type":"epoch","epoch":1,"step":1,"training":3,"penalty":0}', 'training.loss is undefined'],
    ['{"type":"epoch","epoch":1,"step":1}', 'penalty is undefined'],
    ['{"type":"probe","probe":"p","step":0,"epoch":0}', 'the values are undefined'],
    ['{"type":"probe","step":0,"epoch":0,"values":{},"pictures":{"w":{}}}', 'the shape of w is undefined'],
    ['{"type":"probe","step":0,"epoch":0,"values":{},"pictures":{"w":{"shape":[1],"values":[1,2]}}}', 'has 2 numbers'],
    ['{"type":"probe","step":0,"epoch":0,"values":{},"pictures":{"w":{"shape":[1],"float32":"*"}}}', 'is damaged'],
  ])('%s', (line, message) => expect(() => taken(line)).toThrow(message))

  test('what stands behind the end', () =>
    expect(() => taken('{"type":"end"}', '{"type":"log","values":{"loss":1}}')).toThrow(
      "'log' stands behind the end of the run",
    ))
})
