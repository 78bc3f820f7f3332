/** @file The contract of a store: who writes, who reads meanwhile, and what is seen when. */
import type { RunWriter, Series } from '../store/store.ts'
import { expectRefused, expectSame } from './expectations.ts'
import { newRun, type StoreCases } from './store-case.ts'

const at = { step: 0, epoch: 0, seconds: 0 }

function logged(writer: RunWriter, points: number): void {
  for (let step = 0; step < points; step++) writer.log({ step, epoch: 0, seconds: step / 3 }, { a: step, b: -step })
}

export const ownershipCases: StoreCases = {
  async 'what is not flushed is not seen'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    logged(writer, 10_000)
    writer.event({ type: 'x' })
    for (const reader of [store, await open()]) {
      expectSame(await reader.seriesNames('a'), [], 'names before the flush')
      expectSame(await reader.series('a', 'a'), undefined, 'the series before the flush')
      expectSame(await reader.events('a'), [], 'events before the flush')
    }
    await writer.flush(1)
    const reader = await open()
    expectSame(await reader.seriesNames('a'), ['a', 'b'], 'names')
    expectSame((await reader.series('a', 'a'))?.values.length, 10_000, 'points')
    expectSame((await reader.events('a')).length, 1, 'events')
  },

  async 'a flush tells when it was, also when there is nothing to write'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    await writer.flush(1_795_564_801_000)
    expectSame((await store.run('a'))?.writtenAt, 1_795_564_801_000, 'time of writing')
    await expectRefused(() => writer.flush(Number.NaN), 'usage', 'a time that is none')
  },

  async 'what is logged while a flush is under way is kept for the next'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const whole = 3 * 4096 + 5
    for (let step = 0; step < whole; step += 1000) {
      const under = writer.flush(step)
      for (let i = step; i < Math.min(whole, step + 1000); i++) {
        writer.log({ step: i, epoch: 0, seconds: 0 }, { a: i })
        if (i % 500 === 0) writer.event({ type: `at ${i}` })
        if (i % 300 === 0) await undefined
      }
      await under
    }
    await Promise.all([writer.flush(1), writer.flush(2), writer.flush(3)])
    const values = Float64Array.from({ length: whole }, (_, i) => i)
    expectSame((await store.series('a', 'a'))?.values, values, 'values')
    const types = (await store.events('a')).map(({ event }) => event.type)
    expectSame(
      types,
      Array.from({ length: 25 }, (_, i) => `at ${500 * i}`),
      'events',
    )
  },

  async 'a reader sees whole transactions'(open) {
    const writer = await (await open()).createRun(newRun('a'))
    const reader = await open()
    let writing = true
    const writes = async () => {
      for (let i = 0; i < 60; i++) {
        logged(writer, 700)
        writer.event({ type: 'x' })
        writer.event({ type: 'y' })
        await writer.flush(i)
        await new Promise((resolve) => setTimeout(resolve, 0))
      }
      writing = false
    }
    const reads = async () => {
      for (let last = 0; writing; await new Promise((resolve) => setTimeout(resolve, 0))) {
        const series: Series | undefined = await reader.series('a', 'a')
        const points = series?.values.length ?? 0
        expectSame(points % 700, 0, 'points outside whole flushes')
        expectSame((await reader.events('a')).length % 2, 0, 'events outside whole flushes')
        if (points < last) throw new Error(`a reader saw ${last} points, and then ${points}`)
        last = points
      }
    }
    await Promise.all([writes(), reads()])
    expectSame((await reader.series('a', 'a'))?.values.length, 42_000, 'points')
  },

  async 'a run has one writer'(open) {
    const [store, other] = [await open(), await open()]
    const writer = await store.createRun(newRun('a'))
    for (const each of [store, other]) {
      await expectRefused(() => each.continueRun('a'), 'store', 'a second writer')
      await expectRefused(() => each.deleteRun('a'), 'store', 'deleting a run that is being written')
    }
    await writer.close('finished', undefined, 1)
    const second = await other.continueRun('a')
    await expectRefused(() => store.continueRun('a'), 'store', 'a writer beside the second')
    await second.release()
    const third = await store.continueRun('a')
    await store.close()
    await expectRefused(() => third.flush(1), 'store', 'writing to a closed store')
    expectSame((await other.run('a'))?.state, 'running', 'state')
    await (await other.continueRun('a')).close('finished', undefined, 2)
  },

  async 'a store tells which runs are being written'(open) {
    const [store, other] = [await open(), await open()]
    const writers = [
      await store.createRun(newRun('a')),
      await store.createRun(newRun('b')),
      await store.createRun(newRun('c')),
    ]
    await writers[0].close('failed', undefined, 1)
    await writers[1].release()
    for (const each of [store, other]) {
      const told = (await each.runs()).map(({ state, writing }) => `${state} ${writing}`)
      expectSame(told, ['failed false', 'running false', 'running true'], 'runs')
    }
    await store.close()
    expectSame((await other.run('c'))?.writing, false, 'a run of a closed store being written')
  },

  async 'a run that was let go stays, without what was not flushed'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    logged(writer, 3)
    await writer.flush(1)
    logged(writer, 2)
    writer.event({ type: 'x' })
    await writer.release()
    await writer.release()
    const run = await store.run('a')
    expectSame([run?.state, run?.writtenAt], ['running', 1], 'state and time')
    expectSame((await store.continueRun('a')).position(), { events: 0, points: { a: 3, b: 3 } }, 'position')
  },

  async 'a writer that has ended writes no more'(open) {
    const store = await open()
    const [ended, released] = [await store.createRun(newRun('a')), await store.createRun(newRun('b'))]
    await ended.close('finished', undefined, 1)
    await released.release()
    for (const writer of [ended, released]) {
      await expectRefused(() => writer.log(at, { loss: 1 }), 'store', 'log')
      await expectRefused(() => writer.event({ type: 'x' }), 'store', 'event')
      await expectRefused(() => writer.flush(2), 'store', 'flush')
      await expectRefused(() => writer.supersede({ events: 0, points: {} }, 2), 'store', 'supersede')
      await expectRefused(() => writer.checkpoints([], 2), 'store', 'checkpoints')
      await expectRefused(() => writer.close('failed', undefined, 2), 'store', 'close')
    }
    expectSame((await store.run('a'))?.state, 'finished', 'state')
  },

  async 'a deleted run leaves nothing, and others alone'(open) {
    const store = await open()
    for (const id of ['a', 'b']) {
      const writer = await store.createRun(newRun(id))
      logged(writer, 5000)
      writer.event({ type: 'x' })
      const position = writer.position()
      await writer.checkpoints([{ step: 1, epoch: 1, file: 'x', size: 1, kept: [], position }], 1)
      await writer.close('finished', undefined, 1)
    }
    await (await open()).deleteRun('a')
    expectSame(
      (await store.runs()).map(({ id }) => id),
      ['b'],
      'runs',
    )
    expectSame(await store.events('a'), [], 'events')
    await store.createRun(newRun('a'))
    expectSame(await store.seriesNames('a'), [], 'series of a new run with the id')
    expectSame([await store.events('a'), await store.storedCheckpoints('a')], [[], []], 'its events and checkpoints')
    expectSame((await store.series('b', 'b'))?.values.length, 5000, 'points of the other')
    expectSame([(await store.events('b')).length, (await store.storedCheckpoints('b')).length], [1, 1], 'its record')
  },

  async 'several stores write several runs at once'(open) {
    const stores = [await open(), await open(), await open()]
    const ids = ['a', 'b', 'c', 'd', 'e', 'f']
    const writeOne = async (id: string, i: number) => {
      const writer = await stores[i % 3].createRun(newRun(id))
      for (let flush = 0; flush < 20; flush++) {
        logged(writer, 100 + i)
        writer.event({ type: id })
        await writer.flush(flush)
      }
      await writer.close('finished', i, 100)
    }
    await Promise.all(ids.map(writeOne))
    const reader = await open()
    for (const [i, id] of ids.entries()) {
      expectSame((await reader.series(id, 'b'))?.values.length, 20 * (100 + i), `points of run ${id}`)
      expectSame((await reader.events(id)).filter(({ event }) => event.type === id).length, 20, `events of run ${id}`)
      expectSame((await reader.run(id))?.result, i, `result of run ${id}`)
    }
  },
}
