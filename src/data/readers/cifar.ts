/** @file CIFAR-10 and CIFAR-100 in their binary version: records of labels and 32×32 colour images, without a header. */
import { show, usageError } from '../../base/errors.ts'
import { tensor } from '../../base/tensor.ts'
import { type ClassificationDataset, dataset, subset } from '../dataset.ts'
import { dataError } from '../error.ts'
import type { LoadOptions } from '../progress.ts'
import type { ClassificationRows } from '../row-source.ts'
import { cifar10Classes, cifar100Coarse, cifar100Fine } from './cifar-classes.ts'
import { byteError, fileText, localPath, readFolder, readUnpacked } from './file.ts'
import { cachedFiles } from './known-sets.ts'
import {
  type CachedSetOptions,
  checkImageOptions,
  fromWhere,
  type ImageSetOptions,
  type ImageSource,
  partName,
} from './mnist.ts'
import { recordFile } from './record-file.ts'

const side = 32
const values = 3 * side * side

/** Bytes at most of one file, unpacked. The files of the archive have 31 MB (CIFAR-10) and 154 MB (CIFAR-100). */
const largest = 2 ** 30

/** Where the files stay on the disk, and batches are read as training needs them: see `recordFile`. Not for packed files. */
export interface Streamed {
  stream: true
}

/** The same as `ImageSource` for files that are read batch by batch. */
export interface StreamedImageSource {
  readonly name: string
  readonly load: (options?: LoadOptions) => Promise<ClassificationRows>
}

type Files = string | URL | readonly (string | URL)[]
type Options = CachedSetOptions & Partial<Streamed>

/** How a version of the data set lies in its files. */
interface Version {
  readonly reader: string
  readonly name: string
  readonly classes: readonly string[]
  /** Bytes before the pixels, and which of them is the label that is read. */
  readonly labels: number
  readonly labelAt: number
  readonly files: { readonly training: readonly string[]; readonly test: readonly string[] }
}

/**
 * CIFAR-10: 50,000 training and 10,000 test images of 10 kinds of things, 32×32 in red, green and blue from 0 to 255.
 *
 * @param from a folder with `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, plain or packed with gzip (`.gz`): those
 *   batches of the part that are there are read; or one such file, or a list of them, whatever they are called. Left out: the cache
 *   (see `cacheFolder`), into which `cifar10({ download: true })` fetches what is missing, once (171 MB)
 * @param options with `stream: true` the 184 MB stay on the disk (in memory they are 737)
 * @returns inputs [rows, 3, 32, 32] or [rows, 3072] (all red, all green, all blue), targets [rows], classes 'airplane' to 'truck'
 * @throws RappelError 'usage' for an option that does not exist; on loading 'data' `FILE: byte N: ...`
 * @see A. Krizhevsky (2009), 'Learning multiple layers of features from tiny images'. No licence is stated; research use.
 */
export function cifar10(from: Files, options: ImageSetOptions & Streamed): StreamedImageSource
export function cifar10(options: CachedSetOptions & Streamed): StreamedImageSource
export function cifar10(from: Files, options?: ImageSetOptions): ImageSource
export function cifar10(options?: CachedSetOptions): ImageSource
export function cifar10(first: Files | Options = {}, second?: Options): ImageSource | StreamedImageSource {
  const { from, options } = fromWhere(first, second)
  const training = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`)
  return source(from, options, {
    reader: 'cifar10',
    name: 'CIFAR-10',
    classes: cifar10Classes,
    labels: 1,
    labelAt: 0,
    files: { training, test: ['test_batch.bin'] },
  })
}

/**
 * CIFAR-100: as CIFAR-10, with 100 kinds of things ('fine', the default) that make up 20 groups ('coarse').
 *
 * @param from a folder with `train.bin` and `test.bin`, plain or packed with gzip, or files: see `cifar10`
 */
export function cifar100(from: Files, options: Cifar100Options & Streamed): StreamedImageSource
export function cifar100(from: Files, options?: Cifar100Options): ImageSource
export function cifar100(
  from: Files,
  { labels = 'fine', ...options }: Cifar100Options & Partial<Streamed> = {},
): ImageSource | StreamedImageSource {
  if (labels !== 'fine' && labels !== 'coarse')
    throw usageError(`labels is ${show(labels)}, expected 'fine' or 'coarse'`)
  return source(from, options, {
    reader: 'cifar100',
    name: 'CIFAR-100',
    classes: labels === 'fine' ? cifar100Fine : cifar100Coarse,
    labels: 2,
    labelAt: labels === 'fine' ? 1 : 0,
    files: { training: ['train.bin'], test: ['test.bin'] },
  })
}

export interface Cifar100Options extends ImageSetOptions {
  labels?: 'fine' | 'coarse'
}

function source(from: Files | undefined, options: Options, version: Version): ImageSource | StreamedImageSource {
  const { part, download, stream } = options
  checkImageOptions(version.reader, options, [
    'stream',
    ...(version.reader === 'cifar100' ? ['labels'] : []),
    ...(from === undefined ? ['download'] : []),
  ])
  if (stream !== undefined && typeof stream !== 'boolean')
    throw usageError(`stream is ${show(stream)}, expected true or false`)
  const explicit = Array.isArray(from)
  if (explicit && from.length === 0) throw usageError(`${version.reader} got an empty list of files`)
  const name = explicit ? version.name : partName(version.name, options.part)
  const find = async (loading?: LoadOptions) =>
    findAll(from ?? (await cachedFiles('cifar-10', { part, download, ...loading })).folder, part, version)
  return stream
    ? { name, load: async (loading) => streamed(await find(loading), options, version) }
    : { name, load: async (loading) => load(await find(loading), options, version) }
}

interface Found {
  readonly files: readonly (string | URL)[]
  readonly name: string
  readonly source: string
}

async function findAll(from: Files, part: ImageSetOptions['part'], version: Version): Promise<Found> {
  const folder = !isList(from) && (await isFolder(from))
  const files = isList(from) ? from : folder ? await findFiles(from, part ?? 'training', version) : [from]
  if (!folder && part !== undefined && (await allThere(files)))
    throw usageError(`part is '${part}', and ${files.map(fileText).join(', ')} is no folder`, 'leave part out')
  return {
    files,
    name: folder ? partName(version.name, part) : version.name,
    source: `${version.name} (Krizhevsky 2009), ${files.map((file) => fileText(file).replace(/^.*[\\/]/, '')).join(', ')}`,
  }
}

async function streamed(
  { files, name, source }: Found,
  { shape = 'image', limit = Number.POSITIVE_INFINITY }: ImageSetOptions,
  { classes, labels, labelAt }: Version,
): Promise<ClassificationRows> {
  const packed = files.find((file) => fileText(file).endsWith('.gz'))
  if (packed !== undefined)
    throw dataError(
      `${fileText(packed)} is packed, and stream reads files where they lie`,
      `unpack it: gunzip ${fileText(packed)}; or leave stream out`,
    )
  const all = await recordFile({
    name,
    source,
    path: files,
    recordBytes: labels + values,
    inputs: { at: labels, dtype: 'uint8', shape: shape === 'image' ? [3, side, side] : [values] },
    targets: { at: labelAt, dtype: 'uint8' },
    task: 'classification',
    classes,
    sameUnit: true,
  }).load()
  const rows = Math.min(all.rows, limit)
  return subset(
    all as ClassificationRows,
    Uint32Array.from({ length: rows }, (_, row) => row),
  )
}

async function load(
  { files, name, source }: Found,
  { shape = 'image', limit = Number.POSITIVE_INFINITY }: ImageSetOptions,
  version: Version,
): Promise<ClassificationDataset> {
  const contents: Uint8Array[] = []
  const record = version.labels + values
  let rows = 0
  for (const file of files) {
    if (rows >= limit) break
    const bytes = await readUnpacked(file, largest)
    checkRecords(bytes, fileText(file), version)
    contents.push(bytes)
    rows += bytes.length / record
  }
  rows = Math.min(rows, limit)
  const inputs = new Float32Array(rows * values)
  const targets = new Int32Array(rows)
  let row = 0
  for (const bytes of contents) {
    for (let at = 0; at < bytes.length && row < rows; at += record, row++) {
      targets[row] = bytes[at + version.labelAt]
      inputs.set(bytes.subarray(at + version.labels, at + record), row * values)
    }
  }
  return dataset({
    name,
    inputs: tensor('float32', shape === 'image' ? [rows, 3, side, side] : [rows, values], inputs),
    targets: tensor('int32', [rows], targets),
    task: 'classification',
    classes: version.classes,
    sameUnit: true,
    source,
  })
}

/** A file that is missing is the reader's to report. */
async function allThere(files: readonly (string | URL)[]): Promise<boolean> {
  const { access } = await import('node:fs/promises')
  return Promise.all(files.map((file) => access(file))).then(
    () => true,
    () => false,
  )
}

/** What is neither there nor readable is left to the reader of files, whose messages are better. */
async function isFolder(path: string | URL): Promise<boolean> {
  const { stat } = await import('node:fs/promises')
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function isList(from: string | URL | readonly (string | URL)[]): from is readonly (string | URL)[] {
  return Array.isArray(from)
}

function checkRecords(bytes: Uint8Array, file: string, { classes, labels, labelAt, name }: Version): void {
  const record = labels + values
  if (bytes.length === 0) throw dataError(`${file} is empty, expected records of ${record} bytes`)
  const whole = Math.floor(bytes.length / record)
  if (whole * record !== bytes.length)
    throw byteError(
      file,
      whole * record,
      `${bytes.length - whole * record} bytes are left, expected records of ${record} bytes: ${labels === 1 ? 'a label' : 'two labels'}, then ${values} pixel values`,
      `expected a .bin file of the binary version of ${name}; if this is the archive, unpack it: tar xf FILE`,
    )
  for (let at = labelAt; at < bytes.length; at += record) {
    if (bytes[at] >= classes.length)
      throw byteError(file, at, `the label is ${bytes[at]}, expected 0 to ${classes.length - 1}`)
  }
}

/** The files of a part that are in a folder. */
async function findFiles(
  from: string | URL,
  part: 'training' | 'test' | 'all',
  { files, name }: Version,
): Promise<(string | URL)[]> {
  const { join } = await import('node:path')
  const entries = await readFolder(from)
  const base = await localPath(from)
  const wanted = [...(part === 'test' ? [] : files.training), ...(part === 'training' ? [] : files.test)]
  const found = wanted.flatMap((usual) => {
    const there = [usual, `${usual}.gz`].find((one) => entries.some((entry) => !entry.folder && entry.name === one))
    return there === undefined ? [] : [join(base, there)]
  })
  if (found.length > 0) return found
  throw dataError(
    `${fileText(from)} has none of the files of ${partName(name, part)}: ${wanted.join(', ')}, or these with .gz`,
    'for files of other names give a list of them',
  )
}
