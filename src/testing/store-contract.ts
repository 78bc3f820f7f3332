/**
 * @file What every store must do: the contract suite of `Store`, for any test runner.
 *
 * ```ts
 * for (const { name, run } of storeContract(() => ({ open: () => myStore(newPlace()) }))) test(name, run)
 * ```
 */
import type { Store } from '../store/store.ts'
import type { StoreCases } from './store-case.ts'
import { ownershipCases } from './store-contract-ownership.ts'
import { recordCases } from './store-contract-record.ts'
import { seriesCases } from './store-contract-series.ts'

/** Where one store lies: a file, a database. */
export interface StorePlace {
  /** Opens it; several times at once, as processes would. */
  open(): Store | Promise<Store>
  /** Clears it away, when all are closed. */
  remove?(): void | Promise<void>
}

/** One promise of the interface, and how it is tried. */
export interface ContractCase {
  readonly name: string
  /** @throws Error that says what was got and what was expected */
  run(): Promise<void>
}

/** @param newPlace gives an empty place for each case */
export function storeContract(newPlace: () => StorePlace | Promise<StorePlace>): readonly ContractCase[] {
  const all: StoreCases = { ...recordCases, ...seriesCases, ...ownershipCases }
  return Object.entries(all).map(([name, work]) => ({ name, run: () => runCase(newPlace, work) }))
}

async function runCase(newPlace: () => StorePlace | Promise<StorePlace>, work: StoreCases[string]): Promise<void> {
  const place = await newPlace()
  const opened: Store[] = []
  try {
    await work(async () => {
      const store = await place.open()
      opened.push(store)
      return store
    })
  } finally {
    for (const store of opened) await store.close()
    await place.remove?.()
  }
}
