/** @file `openRun` as a foreign loop uses it, and as it is used wrongly. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { openRun } from '../../src/index.ts'
import { sqliteStore } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { spawnScript } from '../engine/spawn.ts'

const folder = mkdtempSync(join(tmpdir(), 'rappel-open-run-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => void vi.useRealTimers())

/** 2026-11-23 09:16:02 UTC */
const began = Date.UTC(2026, 10, 23, 9, 16, 2)
/** A clock that goes on by a second each time it is asked. */
function clock(): () => number {
  let time = began - 1000
  return () => (time += 1000)
}

async function inMemory<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = sqliteStore(':memory:')
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

describe('a run', () => {
  test('is there with what was logged, told and said at its end', () =>
    inMemory(async (store) => {
      const hyper = { learningRate: 0.1, layers: [10, 10] }
      const run = await openRun({ name: 'net', hyper, seed: 4, store, now: clock() })
      expect(run.id).toBe('20261123-091602')
      run.log({ loss: 2, 'training/accuracy': 0.25 })
      run.log({ loss: Number.NaN })
      run.log({ loss: Number.POSITIVE_INFINITY }, { step: 10, epoch: 0.5 })
      run.log({ loss: 1 }, { epoch: 1 })
      run.event({ type: 'note', text: 'doubled the batch' })
      await run.end({ result: { loss: 1 } })
      expect(await store.run(run.id)).toMatchObject({
        kind: 'foreign',
        name: 'net',
        startedAt: began,
        state: 'finished',
        result: { loss: 1 },
        facts: { hyper, seed: 4, environment: { node: process.versions.node } },
      })
      const loss = await store.series(run.id, 'loss')
      expect(loss && [[...loss.steps], [...loss.epochs], [...loss.values]]).toEqual([
        [0, 1, 10, 11],
        [Number.NaN, Number.NaN, 0.5, 1],
        [2, Number.NaN, Number.POSITIVE_INFINITY, 1],
      ])
      expect([...(loss?.seconds ?? [])]).toEqual([1, 2, 3, 4])
      expect(await store.seriesNames(run.id)).toEqual(['loss', 'training/accuracy'])
      expect((await store.events(run.id)).map(({ event }) => event)).toEqual([
        { type: 'note', text: 'doubled the batch' },
      ])
    }))

  test('of the same second gets a number', () =>
    inMemory(async (store) => {
      const runs = await Promise.all([1, 2, 3].map(() => openRun({ name: 'net', store, now: () => began })))
      expect(runs.map(({ id }) => id).sort()).toEqual(['20261123-091602', '20261123-091602-2', '20261123-091602-3'])
      for (const run of runs) await run.end()
    }))

  test('is written about once a second while it goes on', () =>
    inMemory(async (store) => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
      const run = await openRun({ name: 'net', store })
      run.log({ loss: 2 })
      expect(await store.seriesNames(run.id)).toEqual([])
      vi.advanceTimersByTime(1100)
      await vi.waitFor(async () => expect(await store.seriesNames(run.id)).toEqual(['loss']))
      await run.end()
    }))

  test('that leaves its block without an end was interrupted; one that was ended stays so', () =>
    inMemory(async (store) => {
      const ids: string[] = []
      const block = async (fails: boolean) => {
        await using run = await openRun({ name: 'net', store, now: () => began })
        ids.push(run.id)
        run.log({ loss: 2 })
        if (fails) throw new Error('out of memory')
        await run.end()
      }
      await block(false)
      await expect(block(true)).rejects.toThrow('out of memory')
      const states = await Promise.all(ids.map(async (id) => (await store.run(id))?.state))
      expect(states).toEqual(['finished', 'interrupted'])
    }))

  test('takes nothing after its end, and a second end does nothing', () =>
    inMemory(async (store) => {
      const run = await openRun({ name: 'net', store, now: () => began })
      await run.end({ state: 'diverged' })
      await run.end()
      expect((await store.run(run.id))?.state).toBe('diverged')
      expect(() => run.log({ loss: 1 })).toThrow('the run 20261123-091602 has ended')
      expect(() => run.event({ type: 'note' })).toThrow('has ended')
      await expect(run.flush()).rejects.toThrow('has ended')
    }))
})

describe('what is no name, number or plain data is refused, and the run goes on', () => {
  const wrong: [string, (run: Awaited<ReturnType<typeof openRun>>) => unknown, string][] = [
    ['a text', (run) => run.log({ loss: '0.3' as unknown as number }), '\'loss\' is "0.3", expected a number'],
    ['undefined', (run) => run.log({ loss: undefined as unknown as number }), "'loss' is undefined, expected a number"],
    ['a bigint', (run) => run.log({ loss: 3n as unknown as number }), "'loss' is 3, expected a number"],
    ['no object', (run) => run.log(0.3 as unknown as { loss: number }), 'the values are 0.3, expected numbers by name'],
    ['a name with space around', (run) => run.log({ 'loss ': 1 }), 'the name of a series is "loss "'],
    ['half a step', (run) => run.log({ loss: 1 }, { step: 0.5 }), 'step is 0.5, expected a whole number from 0 up'],
    ['a negative epoch', (run) => run.log({ loss: 1 }, { epoch: -1 }), 'epoch is -1, expected a number from 0 up'],
    ['an event without a type', (run) => run.event({ text: 'x' } as unknown as { type: string }), 'expected an object'],
    [
      'a typed array in an event',
      (run) => run.event({ type: 'x', w: Float32Array.of(1) as unknown as number[] }),
      'the event "x".w is an object of Float32Array, expected plain data',
    ],
    ['no state', (run) => run.end({ state: 'finish' as 'finished' }), "did you mean 'finished'?"],
    ['no option of end', (run) => run.end({ status: 1 } as object), "end has no option 'status'"],
    ['a result that is not plain', (run) => run.end({ result: new Map() as unknown as null }), 'the result is'],
  ]
  test.each(wrong)('%s', (_name, use, message) =>
    inMemory(async (store) => {
      const run = await openRun({ name: 'net', store, now: () => began })
      const error = await (async () => use(run))().then(
        () => undefined,
        (thrown: Error & { hint?: string }) => `${thrown.message} ${thrown.hint}`,
      )
      expect(error).toContain(message)
      run.log({ loss: 1 })
      await run.end()
      expect([...((await store.series(run.id, 'loss'))?.values ?? [])]).toEqual([1])
    }),
  )

  const options: [unknown, string][] = [
    [undefined, 'openRun takes an object, got undefined'],
    [{}, 'name is undefined, expected a text'],
    [{ name: ' ' }, 'name is " ", expected a text'],
    [{ name: 'a', hyperparameters: {} }, "openRun has no option 'hyperparameters'"],
    [{ name: 'a', hyper: 3 }, 'hyper is 3, expected an object'],
    [{ name: 'a', hyper: { f: () => 1 } }, 'hyper.f is a function, expected plain data'],
    [{ name: 'a', seed: -1 }, 'seed is -1, expected a whole number'],
    [{ name: 'a', store: 5 }, 'store is 5, expected the path of a file'],
    [{ name: 'a', store: folder }, folder],
  ]
  test.each(options)('openRun(%o)', async (given, message) => {
    const fitting = { store: join(folder, 'refused.sqlite'), ...(given as object) }
    await expect(openRun((given === undefined ? given : fitting) as unknown as { name: string })).rejects.toThrow(
      message,
    )
  })
})

describe('as a program', () => {
  const root = new URL('../../src/index.ts', import.meta.url).href
  const run = async (name: string, code: string) => {
    const file = join(folder, `${name}.ts`)
    writeFileSync(file, `import { openRun } from ${JSON.stringify(root)}\n${code}`)
    return spawnScript(pathToFileURL(file), { cwd: folder })
  }

  test('that ends by itself without end(): all is there, the run was interrupted', async () => {
    const code = "const run = await openRun({ name: 'net', store: 'a.sqlite' })\nrun.log({ loss: 2 })\n"
    expect(await run('ends', code)).toEqual({ code: 0, stdout: '', stderr: '' })
    const store = sqliteStore(join(folder, 'a.sqlite'))
    const [stored] = await store.runs()
    expect(stored).toMatchObject({ state: 'interrupted', writing: false })
    expect(await store.seriesNames(stored.id)).toEqual(['loss'])
    await store.close()
  })

  test('that is killed: what was flushed is there, and nobody writes it', async () => {
    const code = `const run = await openRun({ name: 'net', store: 'b.sqlite' })
run.log({ loss: 2 })
await run.flush()
run.log({ loss: 1 })
process.kill(process.pid, 'SIGKILL')\n`
    expect((await run('killed', code)).code).not.toBe(0)
    const store = sqliteStore(join(folder, 'b.sqlite'))
    const [stored] = await store.runs()
    expect(stored).toMatchObject({ state: 'running', writing: false })
    expect([...((await store.series(stored.id, 'loss'))?.values ?? [])]).toEqual([2])
    await store.close()
  })

  test('that only imports it: neither the store nor Node’s SQLite is loaded, nothing is written', async () => {
    const code = `void openRun
const { moduleLoadList } = process as unknown as { moduleLoadList: string[] }
console.log(moduleLoadList.filter((name) => /sqlite/i.test(name)).join())\n`
    expect(await run('imports', code)).toEqual({ code: 0, stdout: '\n', stderr: '' })
    expect(existsSync(join(folder, '.rappel'))).toBe(false)
  })
})
