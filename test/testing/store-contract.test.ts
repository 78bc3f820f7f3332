/** @file The contract suite of the store is silent on a right store, and speaks on each of many wrong ones. */
import { describe, expect, test } from 'vitest'
import { storeContract } from '../../src/testing/index.ts'
import { type Fault, faults, type MemoryPlace, MemoryStore } from './memory-store.ts'

/** What the first case that fails says. */
async function failing(fault?: Fault): Promise<string | undefined> {
  const contract = storeContract(() => {
    const place: MemoryPlace = { runs: new Map() }
    return { open: () => new MemoryStore(place, fault) }
  })
  for (const { name, run } of contract) {
    try {
      await run()
    } catch (error) {
      return `${name}: ${(error as Error).message}`
    }
  }
  return undefined
}

test('a right store passes every case', async () => expect(await failing()).toBeUndefined())

describe('a wrong store fails', () => {
  test.each(faults)('%s', async (fault) => expect(await failing(fault)).toBeDefined())
})
