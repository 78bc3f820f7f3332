/** @file Checkpoints as files and index: what is kept, what goes, and that a failure at any place leaves the last good one. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RappelError } from '../../src/base/errors.ts'
import { CheckpointFiles, newestReadable } from '../../src/cli/checkpoint-files.ts'
import { sqliteStore } from '../../src/store/sqlite.ts'
import type { RunWriter, Store, StoredCheckpoint } from '../../src/store/store.ts'
import { readCheckpoint } from '../../src/train/checkpoint.ts'
import type { TakenCheckpoint } from '../../src/train/checkpoints.ts'
import { fullPlan, run } from '../train/runs.ts'

let folder: string
let store: Store
let writer: RunWriter
const all = (await run(fullPlan({ epochs: 1 }), { form: 'wasm' })).taken
const lost = new AbortController()

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rappel-checkpoints-'))
  store = sqliteStore(':memory:')
  writer = await store.createRun({ id: 'a', kind: 'train', name: 'a', startedAt: 0, folder, facts: {} })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const files = (of: RunWriter = writer) => new CheckpointFiles(of, folder, [], () => 0, lost.signal)
const taken = (i: number, ...kept: TakenCheckpoint['kept']): TakenCheckpoint => ({ ...all[i], kept })
const index = async () => (await store.storedCheckpoints('a')).map(({ step, kept }) => [step, ...kept])
const named = async () => (await store.storedCheckpoints('a')).map(({ file }) => file).toSorted()
const there = () => readdirSync(folder).toSorted()

test('newest and best pass on, periodic ones stay, what has no reason goes', async () => {
  const sink = files()
  writeFileSync(join(folder, 'model.onnx'), 'not a checkpoint')
  await sink.save(taken(1, 'newest', 'best'))
  await sink.save(taken(2, 'newest', 'periodic'))
  expect(await index()).toEqual([
    [all[1].step, 'best'],
    [all[2].step, 'newest', 'periodic'],
  ])
  await sink.save(taken(3, 'best'))
  await sink.save(taken(4, 'newest'))
  expect(await index()).toEqual([
    [all[2].step, 'periodic'],
    [all[3].step, 'best'],
    [all[4].step, 'newest'],
  ])
  expect(there()).toEqual([...(await named()), 'model.onnx'].toSorted())
})

test('the record up to there is written in the same transaction', async () => {
  writer.log({ step: 0, epoch: 0, seconds: 0 }, { loss: 1 })
  const sink = files()
  const record = sink.position()
  writer.log({ step: 1, epoch: 0, seconds: 0 }, { loss: 2 })
  await sink.save({ ...taken(1, 'newest'), record })
  expect([...((await store.series('a', 'loss'))?.values ?? [])]).toEqual([1, 2])
  expect((await store.storedCheckpoints('a'))[0].position).toEqual({ events: 0, points: { loss: 1 } })
})

test('the file cannot be written: index and older files are as they were', async () => {
  const sink = files()
  await sink.save(taken(1, 'newest'))
  const before = [await named(), there()]
  // A folder that is none: who runs as root may write anywhere else.
  const nowhere = new CheckpointFiles(
    writer,
    join(folder, await named().then(([file]) => file)),
    [],
    () => 0,
    lost.signal,
  )
  await expect(nowhere.save(taken(2, 'newest'))).rejects.toThrow(/^a file cannot be written to /)
  expect([await named(), there()]).toEqual(before)
  await sink.save(taken(3, 'newest'))
  expect(await index()).toEqual([[all[3].step, 'newest']])
})

test('the index cannot be written: it names what is there', async () => {
  const stuck: RunWriter = Object.assign(Object.create(writer) as RunWriter, {
    position: () => writer.position(),
    checkpoints: async (kept: readonly StoredCheckpoint[]) => {
      if (kept.some(({ step }) => step === all[2].step)) throw new RappelError('store', 'the disk is full')
      await writer.checkpoints(kept, 0)
    },
  })
  const sink = files(stuck)
  await sink.save(taken(1, 'newest'))
  await expect(sink.save(taken(2, 'newest'))).rejects.toThrow('the disk is full')
  const kept = await store.storedCheckpoints('a')
  const found = newestReadable(folder, kept)
  expect(found && readCheckpoint(found.bytes).now.progress.step).toBe(all[1].step)
  await sink.save(taken(3, 'newest')) // what the failure left is cleared away
  expect(there()).toEqual(await named())
})

test('nothing more is written when the record is lost', async () => {
  const gone = new AbortController()
  gone.abort()
  await new CheckpointFiles(writer, folder, [], () => 0, gone.signal).save(taken(1, 'newest'))
  expect(there()).toEqual([])
})

test('the newest that can be read, by how far the record went; with none at all, nothing; with none whole, why', async () => {
  const sink = files()
  for (const [i, kept] of [
    [1, 'periodic'],
    [2, 'periodic'],
    [3, 'newest'],
  ] as const) {
    writer.log({ step: i, epoch: 0, seconds: 0 }, { loss: 1 })
    await sink.save({ ...taken(i, kept), record: sink.position() })
  }
  const kept = await store.storedCheckpoints('a')
  expect(newestReadable(folder, [])).toBeUndefined()
  expect(newestReadable(folder, kept)).toMatchObject({ checkpoint: kept[2], older: [kept[1], kept[0]] })
  writeFileSync(join(folder, kept[2].file), 'rubbish')
  rmSync(join(folder, kept[1].file))
  expect(newestReadable(folder, kept)).toMatchObject({ checkpoint: kept[0], older: [] })
  rmSync(join(folder, kept[0].file))
  expect(() => newestReadable(folder, kept)).toThrow(/is damaged/)
})
