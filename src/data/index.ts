/** @file `rappel/data`: data sets, splits, standardisation, batches, readers. Loads in browsers: readers import Node's modules late. */
export { Batches, type BatchOptions, BatchPlan } from './batches.ts'
export {
  type ClassificationDataset,
  type Dataset,
  type DatasetFields,
  dataset,
  type RegressionDataset,
  subset,
} from './dataset.ts'
export { digits } from './digits.ts'
export { type CsvOptions, csv, parseCsv, readCsv } from './readers/csv.ts'
export { type DataSource, loadData } from './source.ts'
export { type Split, type SplitOptions, type SplitRows, split, splitRows } from './split.ts'
export { fitStandardisation, type Standardisation } from './standardise.ts'
