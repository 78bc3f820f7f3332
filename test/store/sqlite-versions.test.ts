/** @file Stores that older versions wrote are opened, read and gone on with. `test/fixtures/make_store.ts` made them. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sqliteStore } from '../../src/store/index.ts'

const fixtures = fileURLToPath(new URL('../fixtures/store/', import.meta.url))
const versions = readdirSync(fixtures).filter((name) => name.endsWith('.sqlite'))
let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rappel-store-'))
  path = join(folder, 'runs.sqlite')
})
afterEach(() => rmSync(folder, { recursive: true }))

function versionOf(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database.prepare('pragma user_version').get()?.user_version
  } finally {
    database.close()
  }
}

test('there is a fixture of every version, the present one included', async () => {
  await sqliteStore(path).close()
  const all = Array.from({ length: Number(versionOf(path)) }, (_, i) => `version-${i + 1}.sqlite`)
  expect(versions.toSorted()).toEqual(all.toSorted())
  for (const name of versions) expect(`version-${versionOf(join(fixtures, name))}.sqlite`).toBe(name)
})

describe.each(versions)('%s', (name) => {
  beforeEach(() => copyFileSync(join(fixtures, name), path))

  test('is read', async () => {
    const store = sqliteStore(path)
    const startedAt = 1_795_425_362_000
    const [run, killed] = await store.runs()
    expect(run).toEqual({
      id: '20261123-091602',
      kind: 'train',
      name: 'digits',
      startedAt,
      folder: '/runs/20261123-091602',
      facts: { seed: 7, hyper: { learningRate: 0.1, l2: Number.NaN }, text: ['NaN', '~'], limits: [-Infinity, -0] },
      state: 'finished',
      writing: false,
      writtenAt: startedAt + 3000,
      result: { schema: 1, loss: Infinity },
    })
    expect(killed).toMatchObject({ id: 'killed', kind: 'foreign', state: 'running', writing: false, writtenAt: 5 })
    expect(await store.seriesNames(run.id)).toEqual(['accuracy', 'loss'])
    const steps = Float64Array.from({ length: 5001 }, (_, i) => i)
    expect(await store.series(run.id, 'loss')).toEqual({
      name: 'loss',
      steps,
      epochs: steps.map((step) => (step === 5000 ? Number.NaN : step / 469)),
      seconds: steps.map((step) => (step === 5000 ? Number.NaN : Math.sqrt(step))),
      values: steps.map((step) => (step === 5000 ? Number.NaN : 1 / (step + 1))),
    })
    expect((await store.series(run.id, 'accuracy', 48))?.steps).toEqual(Float64Array.of(4800, 4900))
    expect(await store.events(run.id)).toEqual([
      { index: 0, event: { type: 'start', classes: ['0', '1'] }, superseded: false },
      { index: 1, event: { type: 'taken back', loss: Number.NaN }, superseded: true },
      { index: 2, event: { type: 'end', outcome: { reason: 'finished' } }, superseded: false },
    ])
    const position = { events: 1, points: { loss: 5001, accuracy: 50 } }
    const file = `${'a'.repeat(64)}.checkpoint`
    const checkpoint = { step: 5000, epoch: 10.5, file, size: 12_345, kept: ['newest', 'best'], position }
    expect(await store.storedCheckpoints(run.id)).toEqual([checkpoint])
    await store.close()
  })

  test('is gone on with', async () => {
    const store = sqliteStore(path)
    const writer = await store.continueRun('20261123-091602')
    expect(writer.position()).toEqual({ events: 3, points: { loss: 5001, accuracy: 50 } })
    await writer.supersede({ events: 3, points: { loss: 4097 } }, 1)
    writer.log({ step: 9, epoch: 9, seconds: 9 }, { loss: 9 })
    await writer.close('finished', undefined, 2)
    expect((await store.series(writer.id, 'loss', 4095))?.values).toEqual(Float64Array.of(1 / 4096, 1 / 4097, 9))
    await (await store.continueRun('killed')).close('failed', undefined, 6)
    await store.deleteRun('killed')
    await store.close()
  })
})
