/** @file Runs packed for a report: small however long they were, and read again as the store gives them. */
import { expect, test } from 'vitest'
import { toJson } from '../../../src/cli/document.ts'
import { packedStore, packRuns } from '../../../src/dashboard/reading/packed-store.ts'
import { StoreSource } from '../../../src/dashboard/reading/store-source.ts'
import { sqliteStore } from '../../../src/store/sqlite.ts'

test('a run of 20,000 steps: extremes stay, axes are shared, probes are thinned, what was taken back is left out', async () => {
  const store = sqliteStore(':memory:')
  const writer = await store.createRun({
    id: 'a',
    kind: 'foreign',
    name: 'a',
    startedAt: 1,
    facts: { note: 'NaN or not' },
  })
  for (let step = 0; step < 20_000; step++) {
    const value = step === 7777 ? 1000 : step === 8888 ? Number.NaN : Math.fround(1 / (1 + step))
    writer.log({ step, epoch: step / 100, seconds: step / 10 }, { loss: value, other: 1 })
  }
  for (let step = 0; step < 1000; step++)
    writer.event({
      type: 'probe',
      version: 1,
      probe: 'p',
      step,
      epoch: 0,
      distributions: { 'activation/a': { mean: Math.PI } },
    })
  writer.event({ type: 'note', text: 'kept' })
  await writer.close(
    'finished',
    { verdict: { state: 'nothing-wrong', words: 'Nothing wrong.' }, long: 'x'.repeat(10_000) },
    2,
  )
  const bytes = await packRuns(store, await store.runs(), toJson, 5, async () => [])
  expect(bytes.length).toBeLessThan(60_000)

  const { store: read, now } = await packedStore(bytes)
  expect(now).toBe(5)
  expect(await read.seriesNames('a')).toEqual(['loss', 'other'])
  const loss = await read.series('a', 'loss')
  const values = [...(loss?.values ?? [])]
  expect(values.length).toBeLessThanOrEqual(3002)
  // The first, the last, the highest, and the gap.
  expect([values[0], values.at(-1), Math.max(...values.filter(Number.isFinite)), values.some(Number.isNaN)]).toEqual([
    1,
    Math.fround(1 / 20_000),
    1000,
    true,
  ])
  expect(loss?.steps[values.indexOf(1000)]).toBe(7777)
  expect([...((await read.series('a', 'loss', values.length - 1))?.steps ?? [])]).toEqual([19_999])
  // 1000 in groups of 5: 200, the last among them.
  const probes = (await read.events('a')).filter(({ event }) => event.type === 'probe').map(({ event }) => event.step)
  expect([probes.length, probes.at(-1)]).toEqual([200, 999])
  const source = new StoreSource(read, { now: () => now })
  const [card] = await source.runs()
  expect([card.verdict?.words, card.state]).toEqual(['Nothing wrong.', 'finished'])
  const history = await source.ask('a', 'distributions', { name: 'activation/a' })
  expect([history.step.at(-1), history.distributions[0].mean]).toEqual([999, 3.1416])
  await store.close()
})
