/** @file The contract of a store: series are kept bit for bit, go on, and are taken back. */
import type { RecordPosition, RunWriter, Series, Store } from '../store/store.ts'
import { expectRefused, expectSame } from './expectations.ts'
import { newRun, type StoreCases } from './store-case.ts'

const at = (step: number) => ({ step, epoch: step / 469, seconds: step / 7 })

/** Series whose columns follow no simple rule, longer than what an implementation may keep in one piece. */
function madeUp(name: string, points: number, first = 0): Series {
  const column = (f: (i: number) => number) => Float64Array.from({ length: points }, (_, i) => f(first + i))
  return {
    name,
    steps: column((i) => i * 2),
    epochs: column((i) => i / 469),
    seconds: column((i) => Math.fround(i / 7)),
    values: column(Math.cos),
  }
}

function part({ name, ...columns }: Series, from: number, to?: number): Series {
  const { steps, epochs, seconds, values } = columns
  const cut = (column: Float64Array) => column.slice(from, to)
  return { name, steps: cut(steps), epochs: cut(epochs), seconds: cut(seconds), values: cut(values) }
}

async function valuesOf(store: Store, name: string): Promise<readonly number[] | undefined> {
  const series = await store.series('a', name)
  return series && [...series.values]
}

function logEach(writer: RunWriter, name: string, values: readonly number[]): void {
  for (const value of values) writer.log(at(value), { [name]: value })
}

export const seriesCases: StoreCases = {
  async 'NaN, infinities and negative zero are kept bit for bit'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const special = [Number.NaN, Infinity, -Infinity, -0, 0, 5e-324, -5e-324, Number.MAX_VALUE, 0.1, Number.NaN]
    for (const value of special)
      writer.log({ step: 3, epoch: Number.NaN, seconds: Number.NaN }, { one: value, constant: Number.NaN })
    const values = Float64Array.from(special)
    // A NaN with a payload of its own, as some hardware and libraries make.
    new BigUint64Array(values.buffer)[9] = 0x7ff8_0000_dead_beefn
    const many = {
      name: 'many',
      steps: Float64Array.from(special),
      epochs: values,
      seconds: values.slice().reverse(),
      values,
    }
    writer.logMany({ ...many, epochs: Float64Array.from(special), seconds: Float64Array.from(special) })
    await writer.flush(1)
    const stored = await (await open()).series('a', 'one')
    const nan = new Float64Array(10).fill(Number.NaN)
    const steps = new Float64Array(10).fill(3)
    expectSame(
      stored,
      { name: 'one', steps, epochs: nan, seconds: nan, values: Float64Array.from(special) },
      'series one',
    )
    expectSame((await store.series('a', 'constant'))?.values, nan, 'the constant NaN')
    const columns = Float64Array.from(special)
    expectSame(
      await store.series('a', 'many'),
      { name: 'many', steps: columns, epochs: columns, seconds: columns, values },
      'series many',
    )
  },

  async 'a series is read as it was written, whole and from any point'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const whole = madeUp('loss', 20_011)
    let done = 0
    for (const points of [1, 1, 4094, 1, 3, 4096, 8192, 2000]) {
      writer.logMany(part(whole, done, done + points))
      done += points
      await writer.flush(done)
    }
    for (; done < 20_011; done++) {
      const [step, epoch, seconds] = [whole.steps[done], whole.epochs[done], whole.seconds[done]]
      writer.log({ step, epoch, seconds }, { loss: whole.values[done] })
    }
    await writer.flush(done)
    expectSame(await store.series('a', 'loss'), whole, 'the series')
    for (const from of [1, 4095, 4096, 4097, 12_345, 20_010, 20_011, 30_000]) {
      expectSame(await store.series('a', 'loss', from), part(whole, from), `the series from ${from} on`)
    }
    expectSame(await store.series('a', 'accuracy'), undefined, 'a series that is not there')
  },

  async 'what is given is copied'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const series = madeUp('many', 5000)
    const kept = part(series, 0)
    const values = { one: 1 }
    writer.logMany(series)
    writer.log(at(0), values)
    for (const column of [series.steps, series.epochs, series.seconds, series.values]) column.fill(9)
    values.one = 9
    await writer.flush(1)
    expectSame(await store.series('a', 'many'), kept, 'series many')
    expectSame(await valuesOf(store, 'one'), [1], 'series one')
  },

  async 'series have the names that they were given'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const names = [
      'loss',
      'Loss',
      'loss ',
      'update:weight/dense1.weight',
      "o'clock",
      '"quoted"',
      '%',
      '_',
      'größe',
      '__proto__',
      '~',
      '1',
    ]
    for (const [i, name] of names.entries()) writer.logMany({ ...madeUp('', 1), name, values: Float64Array.of(i) })
    writer.logMany(madeUp('empty', 0))
    await writer.flush(1)
    expectSame(await store.seriesNames('a'), names.slice().sort(), 'names')
    for (const [i, name] of names.entries()) expectSame(await valuesOf(store, name), [i], `series ${name}`)
    for (const name of ['', 'a\0b', '\ud800']) {
      await expectRefused(() => writer.logMany(madeUp(name, 1)), 'usage', `a series named ${JSON.stringify(name)}`)
    }
  },

  async 'columns of several lengths are refused'(open) {
    const writer = await (await open()).createRun(newRun('a'))
    const wrong = { ...madeUp('loss', 3), epochs: new Float64Array(2) }
    await expectRefused(() => writer.logMany(wrong), 'usage', 'a short column')
    expectSame(writer.position(), { events: 0, points: {} }, 'position')
  },

  async 'the position counts what was logged, flushed or not'(open) {
    const writer = await (await open()).createRun(newRun('a'))
    logEach(writer, 'loss', [1, 2])
    writer.event({ type: 'x' })
    await writer.flush(1)
    logEach(writer, 'loss', [3])
    logEach(writer, 'accuracy', [4])
    writer.event({ type: 'y' })
    expectSame(writer.position(), { events: 2, points: { loss: 3, accuracy: 1 } }, 'position')
  },

  async 'a continued run goes on where it was'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const whole = madeUp('loss', 9000)
    writer.logMany(part(whole, 0, 5000))
    writer.logMany(madeUp('full', 4096))
    writer.event({ type: 'x' })
    await writer.close('interrupted', { so: 'far' }, 1)
    const further = await (await open()).continueRun('a')
    expectSame(further.position(), { events: 1, points: { loss: 5000, full: 4096 } }, 'position')
    const run = await store.run('a')
    expectSame([run?.state, run?.result], ['running', undefined], 'state and result')
    further.logMany(part(whole, 5000))
    further.logMany(madeUp('full', 1, 4096))
    further.event({ type: 'y' })
    await further.flush(2)
    expectSame(await store.series('a', 'loss'), whole, 'the series')
    expectSame(await store.series('a', 'full'), madeUp('full', 4097), 'the series that was full')
    const types = (await store.events('a')).map(({ index, event }) => `${index} ${event.type}`)
    expectSame(types, ['0 x', '1 y'], 'events')
  },

  async 'what lies behind a position is taken back'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    const wholes = ['short', 'middle', 'long', 'edge'].map((name) => madeUp(name, 10_000))
    for (const whole of wholes) writer.logMany(whole)
    logEach(writer, 'gone', [1, 2, 3])
    for (const type of ['one', 'two', 'three']) writer.event({ type })
    await writer.flush(1)
    // Not flushed: taken back as well.
    logEach(writer, 'late', [1])
    writer.event({ type: 'four' })
    const points = { short: 1, middle: 5000, long: 10_000, edge: 8192 }
    await writer.supersede({ events: 1, points }, 2)
    expectSame(writer.position(), { events: 4, points }, 'position')
    expectSame(await store.seriesNames('a'), ['edge', 'long', 'middle', 'short'], 'names')
    const taken = (await store.events('a')).map(({ event, superseded }) => `${event.type} ${superseded}`)
    expectSame(taken, ['one false', 'two true', 'three true', 'four true'], 'events')
    for (const { name } of wholes) writer.logMany(madeUp(name, 3, 50_000))
    writer.event({ type: 'five' })
    await writer.flush(3)
    for (const whole of wholes) {
      const kept = points[whole.name as keyof typeof points]
      expectSame(
        await store.series('a', whole.name, 0).then((series) => series && part(series, 0, kept)),
        part(whole, 0, kept),
        whole.name,
      )
      expectSame(
        await store.series('a', whole.name, kept),
        madeUp(whole.name, 3, 50_000),
        `what follows in ${whole.name}`,
      )
    }
    expectSame(
      (await store.events('a', 4)).map(({ superseded }) => superseded),
      [false],
      'the event after',
    )
  },

  async 'a continued run takes back, and again'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    logEach(writer, 'loss', [0, 1, 2, 3])
    writer.event({ type: 'one' })
    await writer.flush(1)
    await writer.release()
    const further = await (await open()).continueRun('a')
    await further.supersede({ events: 1, points: { loss: 2 } }, 2)
    logEach(further, 'loss', [12, 13])
    further.event({ type: 'two' })
    await further.supersede({ events: 1, points: { loss: 1 } }, 3)
    logEach(further, 'loss', [21])
    await further.flush(4)
    expectSame(await valuesOf(store, 'loss'), [0, 21], 'values')
    expectSame(
      (await store.events('a')).map(({ superseded }) => superseded),
      [false, true],
      'events',
    )
  },

  async 'a series may be called like a property of all objects'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    for (const name of ['constructor', '__proto__', 'toString']) {
      writer.logMany(madeUp(name, 2))
      expectSame(Object.entries(writer.position().points), [[name, 2]], 'points')
      await writer.supersede({ events: 0, points: {} }, 1)
      expectSame(await store.seriesNames('a'), [], 'names')
      expectSame(writer.position().points, {}, 'points after taking back')
    }
  },

  async 'a position behind what there is is refused'(open) {
    const store = await open()
    const writer = await store.createRun(newRun('a'))
    logEach(writer, 'loss', [1, 2])
    await writer.flush(1)
    const behind: RecordPosition[] = [
      { events: 1, points: {} },
      { events: 0, points: { loss: 3 } },
      { events: 0, points: { other: 1 } },
    ]
    for (const position of behind) {
      await expectRefused(() => writer.supersede(position, 2), 'store', `the position ${JSON.stringify(position)}`)
    }
    expectSame(await valuesOf(store, 'loss'), [1, 2], 'values')
  },
}
