/** @file `rappel/data`: data sets, splits, standardisation, batches, readers. Loads in browsers: readers import Node's modules late. */

export type { Augmentation, Change, Draw, Fill } from './augment.ts'
export * as augment from './augment.ts'
export { augmented, withoutAugmentation } from './augmented.ts'
export { Batches, type BatchOptions, BatchPlan } from './batches.ts'
export {
  type ClassificationDataset,
  type Dataset,
  type DatasetFields,
  dataset,
  type Examples,
  type RegressionDataset,
  rowSource,
  subset,
} from './dataset.ts'
export { digits } from './digits.ts'
export type { LoadOptions, LoadProgress } from './progress.ts'
export { cacheFolder } from './readers/cache.ts'
export { type Cifar100Options, cifar10, cifar100, type Streamed, type StreamedImageSource } from './readers/cifar.ts'
export { type CsvOptions, csv, parseCsv, readCsv } from './readers/csv.ts'
export { type DownloadOptions, download } from './readers/download.ts'
export { readIdx } from './readers/idx.ts'
export { type ImageFolderOptions, imageFolder } from './readers/image-folder.ts'
export { type CachedFilesOptions, cachedFiles, type KnownSet } from './readers/known-sets.ts'
export { type CachedSetOptions, fashionMnist, type ImageSetOptions, type ImageSource, mnist } from './readers/mnist.ts'
export { readNpy, writeNpy } from './readers/npy.ts'
export { type NpzOptions, npz, readNpz } from './readers/npz.ts'
export type { NumberType } from './readers/numbers.ts'
export { parquet, readParquet } from './readers/parquet.ts'
export type { RecordField, RecordPlace } from './readers/record-field.ts'
export { type RecordFileOptions, recordFile } from './readers/record-file.ts'
export type { TableOptions } from './readers/table.ts'
export { type TextOptions, text } from './readers/text.ts'
export type { ClassificationRows, ReadRows, RegressionRows, RowSource } from './row-source.ts'
export { type DataSource, loadData, loadParts, type PartSources } from './source.ts'
export { type Split, type SplitOptions, type SplitRows, split, splitRows } from './split.ts'
export { fitStandardisation, type Standardisation } from './standardise.ts'
