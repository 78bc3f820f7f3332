/** @file Where a configuration's data come from: a data set at hand, or one that is read when the run starts. */
import { show } from '../base/errors.ts'
import { checkRowSource } from './check-rows.ts'
import { type Dataset, dataset, type Examples } from './dataset.ts'
import { dataError } from './error.ts'
import type { RowSource } from './row-source.ts'

/** Examples, or the promise to read them: reading is put off until a command needs the data. */
export type DataSource = Examples | { readonly load: () => Promise<Examples> }

/**
 * The examples of a source, checked: also those that a program put together without `dataset()`.
 *
 * @throws RappelError 'data' when it is neither, or when the data are not fit to train on
 */
export async function loadData(source: DataSource): Promise<Examples> {
  const given: unknown = source
  const loaded: unknown = isLoader(given) ? await given.load() : given
  if (typeof loaded === 'object' && loaded !== null && 'read' in loaded) return checkRowSource(loaded as RowSource)
  if (typeof loaded !== 'object' || loaded === null || !('inputs' in loaded) || !('targets' in loaded))
    throw dataError(
      `data is ${show(loaded)}, expected a data set`,
      "use digits(), csv('file.csv') or dataset({ inputs, targets })",
    )
  return dataset(loaded as Dataset)
}

function isLoader(source: unknown): source is { load: () => Promise<Dataset> } {
  return typeof source === 'object' && source !== null && 'load' in source && typeof source.load === 'function'
}
