/** @file The store in a file keeps the contract, waits for nobody, and says what is wrong with a file. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RappelError } from '../../src/base/errors.ts'
import { type Store, sqliteStore } from '../../src/store/index.ts'
import { storeContract } from '../../src/testing/store-contract.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rappel-store-'))
  path = join(folder, 'runs.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true }))

const run = (id: string) => ({ id, kind: 'foreign', name: id, startedAt: 0, facts: {} })
const at = (step: number) => ({ step, epoch: step / 7, seconds: step / 3 })

describe('keeps the contract', () => {
  const place = () => ({ open: () => sqliteStore(join(folder, 'deep', 'runs.sqlite')) })
  test.each(storeContract(place))('$name', ({ run }) => run())
})

test('a store in memory', async () => {
  const store = sqliteStore(':memory:')
  const writer = await store.createRun(run('a'))
  writer.log(at(1), { loss: Number.NaN })
  await writer.flush(1)
  await expect(store.continueRun('a')).rejects.toThrow('is being written')
  await writer.close('finished', undefined, 2)
  expect((await store.series('a', 'loss'))?.values).toEqual(Float64Array.of(Number.NaN))
  await store.close()
  expect(await sqliteStore(':memory:').runs()).toEqual([])
})

test('nothing is logged while something is taken back, or the run is closed', async () => {
  const store = sqliteStore(path)
  const writer = await store.createRun(run('a'))
  for (const [under, message] of [
    [() => writer.supersede({ events: 0, points: {} }, 1), 'run "a" is just being taken back'],
    [() => writer.close('finished', undefined, 2), 'run "a" is just being closed'],
  ] as const) {
    writer.log(at(0), { loss: 1 })
    const done = under()
    expect(() => writer.log(at(1), { loss: 1 })).toThrow(message)
    expect(() => writer.event({ type: 'x' })).toThrow(message)
    await expect(writer.supersede({ events: 0, points: {} }, 3)).rejects.toThrow(message)
    expect(() => writer.log(at(1), { loss: 1 })).toThrow(message)
    await done
  }
  expect((await store.series('a', 'loss'))?.values).toEqual(Float64Array.of(1))
  await store.close()
})

test('runs made at once have one lock', async () => {
  const store = sqliteStore(path)
  await Promise.all(['a', 'b', 'c'].map((id) => store.createRun(run(id))))
  await expect(Promise.all(['a', 'd'].map((id) => store.createRun(run(id))))).rejects.toThrow(
    'there is a run "a" already',
  )
  expect(readdirSync(folder).filter((name) => name.includes('-writer-'))).toEqual(['runs.sqlite-writer-1'])
  await store.close()
})

test('nothing is left beside the file when all is closed', async () => {
  const [store, other] = [sqliteStore(path), sqliteStore(path)]
  await store.createRun(run('a'))
  await other.createRun(run('b'))
  expect(readdirSync(folder).filter((name) => name.includes('-writer-'))).toHaveLength(2)
  await store.close()
  await other.close()
  expect(readdirSync(folder)).toEqual(['runs.sqlite'])
})

describe('while somebody else writes', () => {
  let other: DatabaseSync
  let store: Store
  beforeEach(() => {
    store = sqliteStore(path)
    other = new DatabaseSync(path)
  })
  afterEach(async () => {
    other.close()
    await store.close()
  })

  test('reading goes on, and a flush is done when it can be', async () => {
    const writer = await store.createRun(run('a'))
    writer.log(at(1), { loss: 1 })
    await writer.flush(1)
    other.exec("begin immediate; update runs set name = 'changed'")
    writer.log(at(2), { loss: 2 })
    let flushed = false
    const flush = writer.flush(2).then(() => {
      flushed = true
    })
    expect((await store.series('a', 'loss'))?.values).toEqual(Float64Array.of(1))
    expect((await store.run('a'))?.name).toBe('a')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(flushed).toBe(false)
    other.exec('commit')
    await flush
    expect((await store.series('a', 'loss'))?.values).toEqual(Float64Array.of(1, 2))
    expect(await store.run('a')).toMatchObject({ name: 'changed', writtenAt: 2 })
  })

  test('a writer whose run was taken notices', async () => {
    const writer = await store.createRun(run('a'))
    other.exec('update runs set writer = 77')
    await expect(writer.flush(1)).rejects.toThrow('run "a" has been deleted, or is written by another process now')
    other.exec('delete from runs')
    await expect(writer.flush(1)).rejects.toThrow(RappelError)
  })
})

describe('a full disk', () => {
  const fill = (writer: Awaited<ReturnType<Store['createRun']>>, points: number) => {
    for (let i = 0; i < points; i++) writer.log(at(i), { loss: Math.sin(i) })
  }

  test('the flush is refused, nothing is lost, and it goes on when there is room', async () => {
    const store = sqliteStore(path, { maxBytes: 1_000_000 })
    const old = await store.createRun(run('old'))
    fill(old, 12_000)
    await old.close('finished', undefined, 1)
    const writer = await store.createRun(run('new'))
    fill(writer, 5000)
    writer.event({ type: 'before' })
    await writer.flush(1)
    fill(writer, 25_000)
    writer.event({ type: 'after' })
    const wrong = {
      code: 'store',
      message: expect.stringContaining('the disk is full'),
      hint: expect.stringContaining('make room'),
    }
    for (let i = 0; i < 3; i++) await expect(writer.flush(2)).rejects.toMatchObject(wrong)
    await expect(writer.checkpoints([], 2)).rejects.toMatchObject(wrong)
    await expect(writer.supersede({ events: 0, points: {} }, 2)).rejects.toMatchObject(wrong)
    await expect(writer.close('finished', undefined, 2)).rejects.toMatchObject(wrong)
    expect(await store.run('new')).toMatchObject({ state: 'running', writing: true, writtenAt: 1 })
    expect((await store.series('new', 'loss'))?.values).toHaveLength(5000)
    expect(integrity()).toBe('ok')

    const roomy = sqliteStore(path)
    await roomy.deleteRun('old')
    await roomy.close()
    fill(writer, 10)
    await writer.flush(3)
    const values = [5000, 25_000, 10].flatMap((points) => Array.from({ length: points }, (_, i) => Math.sin(i)))
    expect((await store.series('new', 'loss'))?.values).toEqual(Float64Array.from(values))
    expect((await store.events('new')).map(({ event }) => event.type)).toEqual(['before', 'after'])
    await writer.close('finished', undefined, 4)
    await store.close()
    expect(integrity()).toBe('ok')
  })

  test('a store with room for nothing says so', async () => {
    const store = sqliteStore(path, { maxBytes: 1 })
    await expect(store.createRun({ ...run('a'), facts: { long: 'x'.repeat(1e6) } })).rejects.toThrow('the disk is full')
    expect(await store.runs()).toEqual([])
    await store.close()
  })
})

describe('what cannot be opened', () => {
  const refusal = (open: () => Store) => {
    try {
      open()
    } catch (error) {
      if (error instanceof RappelError && error.code === 'store') return `${error.message} → ${error.hint}`
      throw error
    }
    throw new Error('it was opened')
  }

  test('a file that is no SQLite file is left as it is', () => {
    writeFileSync(path, 'step,loss\n1,2.3\n'.repeat(100))
    const before = readFileSync(path)
    expect(refusal(() => sqliteStore(path))).toMatch(
      /runs\.sqlite is no store: it is no SQLite file .*→ name another file/,
    )
    expect(readFileSync(path)).toEqual(before)
    expect(readdirSync(folder)).toEqual(['runs.sqlite'])
  })

  test('an SQLite file of another program is left as it is', () => {
    const other = new DatabaseSync(path)
    other.exec('create table history (address text)')
    other.close()
    const before = readFileSync(path)
    expect(refusal(() => sqliteStore(path))).toMatch('it is an SQLite file of another program → name another file')
    expect(readFileSync(path)).toEqual(before)
  })

  test('a store of a newer version', async () => {
    await sqliteStore(path).close()
    const newer = new DatabaseSync(path)
    newer.exec('pragma user_version = 99')
    newer.close()
    expect(refusal(() => sqliteStore(path))).toMatch(
      /newer Rappel: its schema is version 99, .* → npm install rappel@latest/,
    )
  })

  test('a damaged store', async () => {
    const store = sqliteStore(path)
    const writer = await store.createRun(run('a'))
    writer.logMany({ name: 'loss', ...columns(20_000) })
    await writer.close('finished', undefined, 1)
    await store.close()
    const bytes = readFileSync(path)
    bytes.fill(0x5a, 4096, bytes.length - 4096)
    writeFileSync(path, bytes)
    const damaged = sqliteStore(path)
    await expect(damaged.series('a', 'loss')).rejects.toMatchObject({
      code: 'store',
      message: /is damaged/,
      hint: /recover/,
    })
    await damaged.close()
  })

  test('a folder, and a place below a file', () => {
    mkdirSync(path)
    expect(refusal(() => sqliteStore(path))).toMatch('runs.sqlite cannot be opened')
    const file = join(folder, 'file')
    writeFileSync(file, '')
    expect(refusal(() => sqliteStore(join(file, 'deep', 'runs.sqlite')))).toMatch('cannot be opened')
  })

  test.skipIf(process.platform !== 'linux')('a folder that cannot be made', () => {
    expect(refusal(() => sqliteStore('/proc/no/runs.sqlite'))).toMatch('/proc/no/runs.sqlite cannot be opened')
  })

  // The superuser may write to every file.
  test.skipIf(process.getuid?.() === 0)('what may not be written can be looked at', async () => {
    await sqliteStore(path).close()
    chmodSync(path, 0o444)
    const store = sqliteStore(path)
    expect(await store.runs()).toEqual([])
    const refused = {
      code: 'store',
      message: expect.stringContaining('it is read-only'),
      hint: expect.stringContaining('permissions'),
    }
    await expect(store.createRun(run('a'))).rejects.toMatchObject(refused)
    await store.close()
    chmodSync(path, 0)
    expect(refusal(() => sqliteStore(path))).toMatch('cannot be opened')
  })
})

describe('only to look', () => {
  test('nothing is made', () => {
    expect(() => sqliteStore(path, { readOnly: true })).toThrow(`there is no store ${path}`)
    expect(readdirSync(folder)).toEqual([])
  })

  test('a store that would have to be brought up first is refused', () => {
    writeFileSync(path, '')
    expect(() => sqliteStore(path, { readOnly: true })).toThrow('runs.sqlite is of version 0, expected 1')
  })

  test('reading works and writing is refused', async () => {
    const store = sqliteStore(path)
    const writer = await store.createRun(run('a'))
    const looking = sqliteStore(path, { readOnly: true })
    writer.log(at(1), { loss: 1 })
    await writer.flush(1)
    expect((await looking.series('a', 'loss'))?.values).toEqual(Float64Array.of(1))
    expect((await looking.runs()).map(({ writing }) => writing)).toEqual([true])
    await expect(looking.createRun(run('b'))).rejects.toMatchObject({ code: 'store', message: /read-only/ })
    await looking.close()
    await store.close()
  })
})

test('an empty file becomes a store: a process may be killed right after making it', async () => {
  writeFileSync(path, '')
  const store = sqliteStore(path)
  expect(await store.runs()).toEqual([])
  await store.close()
})

function columns(points: number) {
  const column = () => Float64Array.from({ length: points }, (_, i) => Math.sin(i))
  return { steps: column(), epochs: column(), seconds: column(), values: column() }
}

function integrity(): unknown {
  const database = new DatabaseSync(path)
  try {
    return database.prepare('pragma integrity_check').get()?.integrity_check
  } finally {
    database.close()
  }
}

test('of events of a type that is asked for in brief, the type is enough; all others are whole', async () => {
  const store = sqliteStore(':memory:')
  const writer = await store.createRun({ id: 'a', kind: 'foreign', name: '', startedAt: 1, facts: {} })
  const events = [
    { type: 'probe', values: { x: 1 } },
    { type: 'probe"', text: 'another type' },
    { type: 'note', text: '{"type":"probe",' },
    { text: 'the type stands behind', type: 'probe' },
    { type: 'probed', x: Number.NaN },
  ]
  for (const event of events) writer.event(event)
  await writer.flush(2)
  const whole = await store.events('a')
  const brief = await store.events('a', 0, 'probe')
  expect(brief.map(({ index, event }) => [index, event.type])).toEqual(
    whole.map(({ index, event }) => [index, event.type]),
  )
  expect(brief[0].event).toEqual({ type: 'probe' })
  expect(brief.slice(1)).toEqual(whole.slice(1))
  expect(whole.map(({ event }) => event)).toEqual(events)
  await store.close()
})

test('runs in brief are those that there are, without facts and results', async () => {
  const store = sqliteStore(':memory:')
  const writer = await store.createRun({ ...run('a'), folder: '/runs/a', facts: { seed: 1 } })
  await store.createRun(run('b'))
  await writer.close('finished', { long: [1, 2, 3] }, 5)
  const lean = (await store.runs()).map((whole) => ({ ...whole, facts: {}, result: undefined }))
  expect(await store.runs(true)).toEqual(lean)
  expect((await store.runs())[0]).toMatchObject({ facts: { seed: 1 }, result: { long: [1, 2, 3] } })
  await store.close()
})
