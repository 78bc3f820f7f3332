/** @file The contract of a store: runs, events, checkpoints and results are kept as they were given. */
import type { Plain, StoredCheckpoint, StoredRun } from '../store/store.ts'
import { expectRefused, expectSame } from './expectations.ts'
import { newRun, type StoreCases } from './store-case.ts'

/** What JSON loses or changes, and what a way around that may take for something else. */
const awkward: Plain = {
  numbers: [Number.NaN, Infinity, -Infinity, -0, 0, 5e-324, 0.1, 2 ** 53, 1.7976931348623157e308],
  strings: [
    '',
    'NaN',
    'Infinity',
    '-0',
    '~',
    '~NaN',
    '~~',
    '~x',
    '$number',
    'null',
    "'; drop table runs; --",
    '\0',
    '\ud800',
    '√ ﬁ 🙂',
  ],
  nested: { list: [[], {}, [null, [true, false]]], '': 1, '~': 2, 'a.b/c': { $number: 'NaN', toString: 'x' } },
  constructor: 'a field',
}

const checkpoint = (step: number, more: Partial<StoredCheckpoint> = {}): StoredCheckpoint => ({
  step,
  epoch: step / 7,
  file: `${step}.checkpoint`,
  size: 1000 + step,
  kept: ['newest'],
  position: { events: 0, points: {} },
  ...more,
})

export const recordCases: StoreCases = {
  async 'a run is kept as it was created'(open) {
    const store = await open()
    const plain = newRun('a')
    const full = newRun('b', { kind: 'train', name: '', folder: '/runs/b', startedAt: 1.5, facts: { awkward } })
    const writers = [await store.createRun(plain), await store.createRun(full)]
    expectSame(
      writers.map(({ id }) => id),
      ['a', 'b'],
      'ids of the writers',
    )
    const running = { state: 'running', writing: true } as const
    expectSame(await store.run('a'), { ...plain, ...running, writtenAt: plain.startedAt } satisfies StoredRun, 'run a')
    expectSame(await (await open()).run('b'), { ...full, ...running, writtenAt: 1.5 } satisfies StoredRun, 'run b')
  },

  async 'runs are sorted by id'(open) {
    const store = await open()
    for (const id of ['20261123-091602', 'b', '20261123-091602-2', '20251123-235959', 'B'])
      await store.createRun(newRun(id))
    const ids = (await store.runs()).map(({ id }) => id)
    expectSame(ids, ['20251123-235959', '20261123-091602', '20261123-091602-2', 'B', 'b'], 'ids')
  },

  async 'an id is used once'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a', { name: 'first' }))
    await expectRefused(() => store.createRun(newRun('a')), 'store', 'creating a run twice')
    await writer.close('finished', undefined, 1)
    await expectRefused(async () => (await open()).createRun(newRun('a')), 'store', 'creating an ended run anew')
    expectSame((await store.run('a'))?.name, 'first', 'name')
  },

  async 'of a run that does not exist there is nothing'(open) {
    const store = await open()
    expectSame(await store.runs(), [], 'runs')
    expectSame(await store.run('a'), undefined, 'run')
    expectSame(await store.events('a'), [], 'events')
    expectSame(await store.seriesNames('a'), [], 'names of series')
    expectSame(await store.series('a', 'loss'), undefined, 'series')
    expectSame(await store.storedCheckpoints('a'), [], 'checkpoints')
    await expectRefused(() => store.continueRun('a'), 'store', 'continuing no run')
    await expectRefused(() => store.deleteRun('a'), 'store', 'deleting no run')
  },

  async 'events are kept in order and without loss'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const long = { type: 'long', text: 'x'.repeat(2 ** 20), list: Array.from({ length: 10_000 }, (_, i) => i / 3) }
    writer.event({ type: 'awkward', awkward })
    writer.event(long)
    await writer.flush(1)
    writer.event({ type: 'absent', gone: undefined, kept: null })
    await writer.flush(2)
    const events = [{ type: 'awkward', awkward }, long, { type: 'absent', kept: null }]
    const stored = events.map((event, index) => ({ index, event, superseded: false }))
    expectSame(await store.events('a'), stored, 'events')
    expectSame(await store.events('a', 2), stored.slice(2), 'events from the third on')
    expectSame(await store.events('a', 3), [], 'events from the end on')
  },

  async 'an event is as it was when it was told'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const list = [1, 2]
    const event = { type: 'before', list }
    writer.event(event)
    event.type = 'after'
    list.push(3)
    await writer.flush(1)
    expectSame((await store.events('a'))[0].event, { type: 'before', list: [1, 2] }, 'the event')
  },

  async 'what is no plain data is refused, not changed'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const around: Record<string, unknown> = {}
    around.around = around
    for (const value of [
      new Float32Array(2),
      new URL('a:b'),
      new Map(),
      () => 1,
      1n,
      Symbol('x'),
      [undefined],
      around,
    ]) {
      const wrong = value as Plain
      await expectRefused(
        () => writer.event({ type: 'wrong', deep: { wrong } }),
        'usage',
        `an event with ${typeof value}`,
      )
      await expectRefused(() => writer.close('finished', { wrong }, 1), 'usage', `a result with ${typeof value}`)
      await expectRefused(
        () => store.createRun(newRun('b', { facts: { wrong } })),
        'usage',
        `facts with ${typeof value}`,
      )
    }
    await writer.flush(1)
    expectSame(await store.events('a'), [], 'events')
    expectSame((await store.run('a'))?.state, 'running', 'state')
  },

  async 'a run ends with its state and result'(open) {
    const store = await open()
    for (const state of ['finished', 'stopped-early', 'interrupted', 'diverged', 'failed'] as const) {
      const writer = await store.createRun(newRun(state))
      writer.event({ type: 'end' })
      await writer.close(state, state === 'failed' ? undefined : awkward, 1_795_564_800_999)
      const { writtenAt, result, state: ended, writing } = (await (await open()).run(state)) as StoredRun
      const expected = { ended: state, writing: false, writtenAt: 1_795_564_800_999 }
      expectSame({ ended, writing, writtenAt }, expected, `run ${state}`)
      expectSame(result, state === 'failed' ? undefined : awkward, 'result')
      expectSame((await store.events(state)).length, 1, 'events flushed at the end')
    }
    const writer = await store.createRun(newRun('null'))
    await writer.close('finished', null, 1)
    expectSame((await store.run('null'))?.result, null, 'the result null')
  },

  async 'the index of checkpoints is replaced as a whole'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const first = [checkpoint(10, { kept: ['best', 'periodic'] }), checkpoint(2, { epoch: Number.NaN })]
    const position = { events: 3, points: { loss: 20, 'norm/dense1.weight': 4, '~': 1 } }
    const second = [checkpoint(20, { kept: [], position }), ...first.slice(0, 1)]
    for (const all of [first, second, []]) {
      await writer.checkpoints(all, 5)
      expectSame(await (await open()).storedCheckpoints('a'), all, 'checkpoints')
    }
    expectSame((await store.run('a'))?.writtenAt, 5, 'time of writing')
  },

  async 'a checkpoint comes with what was recorded before it'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    writer.log({ step: 1, epoch: 1, seconds: 1 }, { loss: 1 })
    writer.event({ type: 'checkpoint' })
    await writer.checkpoints([checkpoint(1, { position: writer.position() })], 1)
    const other = await open()
    expectSame((await other.storedCheckpoints('a'))[0].position, { events: 1, points: { loss: 1 } }, 'position')
    expectSame((await other.events('a')).length, 1, 'events')
    expectSame((await other.series('a', 'loss'))?.values, Float64Array.of(1), 'values')
  },
}
