/** @file The store in a file among processes: killed writers, and several that write at once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { sqliteStore } from '../../src/store/index.ts'
import { pointsPerFlush } from './writing-process.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rappel-store-'))
  path = join(folder, 'runs.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true }))

function writing(...rest: string[]): ChildProcess {
  const file = fileURLToPath(new URL('./writing-process.ts', import.meta.url))
  return spawn(process.execPath, [file, path, ...rest], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Kills it some time after its first flush, or after it was started. @returns the last number of flushes that it told */
async function killed(child: ChildProcess, milliseconds: number, after: 'flush' | 'start'): Promise<number> {
  const kill = () => setTimeout(() => child.kill('SIGKILL'), milliseconds)
  let told = 0
  let timer = after === 'start' ? kill() : undefined
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    told = Number(line)
    timer ??= kill()
  }
  return told
}

test('a killed writer loses nothing that it flushed, and the run can be gone on with at once', async () => {
  const random = new RandomStream(5, 'kills')
  let flushes = 0
  for (let round = 0; round < 24; round++) {
    const share = random.uint32() * 2 ** -32
    // A third of the kills come while it opens the store, takes the run, or does its first flushes.
    const told =
      round % 3 === 2
        ? await killed(writing('a'), 300 * share, 'start')
        : await killed(writing('a'), 12 * share, 'flush')
    const store = sqliteStore(path)
    expect(await store.run('a')).toMatchObject({ state: 'running', writing: false })
    const events = await store.events('a')
    // The flush during which it was killed may have been done, or not.
    const least = Math.max(told, flushes)
    flushes = events.length
    expect([least, least + 1]).toContain(flushes)
    const points = flushes * pointsPerFlush
    const sine = await store.series('a', 'sine')
    expect(sine?.values).toEqual(Float64Array.from({ length: points }, (_, i) => Math.sin(i)))
    expect(sine?.epochs).toEqual(Float64Array.from({ length: points }, (_, i) => Math.sqrt(i)))
    expect((await store.series('a', 'nan'))?.values).toEqual(new Float64Array(points).fill(Number.NaN))
    await store.close()
    const database = new DatabaseSync(path)
    expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
    database.close()
  }
  const store = sqliteStore(path)
  const writer = await store.continueRun('a')
  expect(writer.position()).toEqual({
    events: flushes,
    points: { sine: flushes * pointsPerFlush, nan: flushes * pointsPerFlush },
  })
  await writer.close('interrupted', undefined, 1)
  await store.close()
  // The locks of the dead are cleared away.
  expect(readdirSync(folder)).toEqual(['runs.sqlite'])
}, 60_000)

test('what another process writes is seen at once, in whole flushes', async () => {
  const child = writing('a')
  const store = sqliteStore(path)
  let last = 0
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const sine = await store.series('a', 'sine', last * pointsPerFlush)
    const points = last * pointsPerFlush + (sine?.values.length ?? 0)
    expect(points % pointsPerFlush).toBe(0)
    expect(points).toBeGreaterThanOrEqual(Number(line) * pointsPerFlush)
    expect(sine?.values).toEqual(sine?.steps.map(Math.sin))
    last = points / pointsPerFlush
    if (last >= 50) child.kill('SIGKILL')
  }
  expect(last).toBeGreaterThanOrEqual(50)
  await store.close()
})

test('a living writer in another process keeps its run, and a stopped one too', async () => {
  const child = writing('a')
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  const store = sqliteStore(path)
  for (const signal of ['SIGCONT', 'SIGSTOP'] as const) {
    child.kill(signal)
    expect((await store.run('a'))?.writing).toBe(true)
    await expect(store.continueRun('a')).rejects.toThrow('run "a" is being written')
    await expect(store.deleteRun('a')).rejects.toThrow('run "a" is being written')
  }
  child.kill('SIGKILL')
  await once(child, 'exit')
  const writer = await store.continueRun('a')
  await writer.close('failed', undefined, 1)
  await store.deleteRun('a')
  await store.close()
})

test('several processes make one store and write into it at the same moment, without a word', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const ends = await Promise.all(
    ids.map(async (id) => {
      const child = writing(id, 'once')
      const said: string[] = []
      child.stderr?.on('data', (text) => said.push(String(text)))
      const [code] = await once(child, 'close')
      return { code, said: said.join('') }
    }),
  )
  expect(ends).toEqual(ids.map(() => ({ code: 0, said: '' })))
  const store = sqliteStore(path)
  expect((await store.runs()).map(({ id, state }) => `${id} ${state}`)).toEqual(ids.map((id) => `${id} finished`))
  for (const id of ids) expect((await store.series(id, 'sine'))?.values).toHaveLength(pointsPerFlush)
  await store.close()
})
