/** @file The store in a file keeps the contract, and says what is wrong with a file. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { sqliteStore } from '../../src/store/index.ts'
import { storeContract } from '../../src/testing/store-contract.ts'

describe('keeps the contract', () => {
  const place = () => {
    const folder = mkdtempSync(join(tmpdir(), 'rappel-store-'))
    return {
      open: () => sqliteStore(join(folder, 'deep', 'runs.sqlite')),
      remove: () => rmSync(folder, { recursive: true }),
    }
  }
  test.each(storeContract(place))('$name', ({ run }) => run())
})
