/** @file MNIST and the data sets that come in its form: four idx files in a folder. */
import { checkInteger, checkOptions, show, usageError } from '../../base/errors.ts'
import { type Tensor, tensor, typeText } from '../../base/tensor.ts'
import { type ClassificationDataset, dataset } from '../dataset.ts'
import { dataError } from '../error.ts'
import type { LoadOptions } from '../progress.ts'
import { byteError, fileText, localPath, readFolder } from './file.ts'
import { readIdx } from './idx.ts'
import { cachedFiles, type KnownSet } from './known-sets.ts'

/** What the readers of known image data sets have in common. */
export interface ImageSetOptions {
  /** Which of the data set's own parts; default 'training'. */
  part?: 'training' | 'test' | 'all'
  /** A row as [channels, height, width] (default), for convolutions, or flat, for dense nets. */
  shape?: 'image' | 'flat'
  /** Only the first rows: a number of them. */
  limit?: number
}

/** Where no folder is named: the files lie in the cache. */
export interface CachedSetOptions extends ImageSetOptions {
  /** Fetch those that are not there. Default false: nothing is downloaded that was not asked for. */
  download?: boolean
}

/** A data set that is read when a command needs it: for a configuration's `data`. */
export interface ImageSource {
  readonly name: string
  readonly load: (options?: LoadOptions) => Promise<ClassificationDataset>
}

interface Known {
  readonly name: string
  readonly classes: readonly string[]
  readonly source: string
  readonly licence: string
}

const side = 28
const pixels = side * side

/**
 * MNIST: 60,000 training and 10,000 test images of handwritten digits, 28×28 grey values from 0 (paper) to 255 (ink). Without
 * `part` the training part, from which a configuration splits off its validation part; to validate on the test images:
 *
 * ```ts
 * data: { training: mnist('data/mnist'), validation: mnist('data/mnist', { part: 'test' }) }
 * ```
 *
 * Without a folder the files lie in the cache: see `cacheFolder`. `mnist({ download: true })` fetches those that are missing there
 * (12 MB for both parts), once.
 *
 * @param folder holds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`,
 *   plain or packed with gzip (`.gz`); those of the part that is read
 * @returns inputs [rows, 1, 28, 28] or [rows, 784], targets [rows], classes '0' to '9'
 * @throws RappelError 'usage' for an option that does not exist; on loading 'data' `FILE: byte N: ...`
 * @see Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998), 'Gradient-based learning applied to document recognition'.
 *   Licence: CC BY-SA 3.0.
 */
export function mnist(folder: string | URL, options?: ImageSetOptions): ImageSource
export function mnist(options?: CachedSetOptions): ImageSource
export function mnist(first: string | URL | CachedSetOptions = {}, options?: ImageSetOptions): ImageSource {
  return imageSource('mnist', 'mnist', first, options, {
    name: 'MNIST',
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
    source: 'MNIST (LeCun, Cortes and Burges)',
    licence: 'CC BY-SA 3.0',
  })
}

/**
 * Fashion-MNIST: articles of clothing in the form and the file names of MNIST: see `mnist`.
 *
 * @returns inputs [rows, 1, 28, 28] or [rows, 784], targets [rows], classes 'T-shirt/top' to 'Ankle boot'
 * @see H. Xiao, K. Rasul, R. Vollgraf (2017), 'Fashion-MNIST: a novel image dataset for benchmarking machine learning
 *   algorithms', arXiv:1708.07747. Licence: MIT.
 */
export function fashionMnist(folder: string | URL, options?: ImageSetOptions): ImageSource
export function fashionMnist(options?: CachedSetOptions): ImageSource
export function fashionMnist(first: string | URL | CachedSetOptions = {}, options?: ImageSetOptions): ImageSource {
  return imageSource('fashionMnist', 'fashion-mnist', first, options, {
    name: 'Fashion-MNIST',
    classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
    source: 'Fashion-MNIST (Zalando Research)',
    licence: 'MIT',
  })
}

function imageSource(
  reader: string,
  set: KnownSet,
  first: string | URL | CachedSetOptions,
  second: ImageSetOptions | undefined,
  known: Known,
): ImageSource {
  const { from, options } = fromWhere(first, second)
  checkImageOptions(reader, options, from === undefined ? ['download'] : [])
  const name = partName(known.name, options.part)
  return {
    name,
    async load(loading) {
      const folder =
        from ?? (await cachedFiles(set, { part: options.part, download: options.download, ...loading })).folder
      return load(folder, options, { ...known, name })
    },
  }
}

/** Of the arguments (from, options) or (options): where the files are, if that was said, and the options. */
export function fromWhere<F extends string | URL | readonly (string | URL)[]>(
  first: F | CachedSetOptions,
  second: ImageSetOptions = {},
): { from: F | undefined; options: CachedSetOptions } {
  const isOptions = typeof first === 'object' && !(first instanceof URL) && !Array.isArray(first)
  return isOptions ? { from: undefined, options: first as CachedSetOptions } : { from: first as F, options: second }
}

/** The data set's name and which part of it, as it stands in messages and reports. */
export function partName(name: string, part: ImageSetOptions['part'] = 'training'): string {
  return part === 'all' ? name : `${name} ${part}`
}

/** @throws RappelError 'usage' when an option does not exist or does not fit */
export function checkImageOptions(reader: string, options: CachedSetOptions, others: readonly string[] = []): void {
  checkOptions(reader, options, ['part', 'shape', 'limit', ...others])
  const { part = 'training', shape = 'image', limit, download } = options
  if (!['training', 'test', 'all'].includes(part))
    throw usageError(`part is ${show(part)}, expected 'training', 'test' or 'all'`)
  if (shape !== 'image' && shape !== 'flat') throw usageError(`shape is ${show(shape)}, expected 'image' or 'flat'`)
  if (limit !== undefined) checkInteger('limit', limit, 1)
  if (download !== undefined && typeof download !== 'boolean')
    throw usageError(`download is ${show(download)}, expected true or false`)
}

async function load(folder: string | URL, options: ImageSetOptions, known: Known): Promise<ClassificationDataset> {
  const { part = 'training', shape = 'image', limit } = options
  const parts = []
  for (const prefix of part === 'all' ? ['train', 't10k'] : [part === 'test' ? 't10k' : 'train'])
    parts.push(await readPart(folder, prefix, known.classes.length))
  const all = parts.reduce((sum, { labels }) => sum + labels.length, 0)
  const rows = Math.min(limit ?? all, all)
  const inputs = new Float32Array(rows * pixels)
  const targets = new Int32Array(rows)
  let row = 0
  for (const { images, labels } of parts) {
    const count = Math.min(labels.length, rows - row)
    inputs.set(images.subarray(0, count * pixels), row * pixels)
    targets.set(labels.subarray(0, count), row)
    row += count
  }
  return dataset({
    ...known,
    inputs: tensor('float32', shape === 'image' ? [rows, 1, side, side] : [rows, pixels], inputs),
    targets: tensor('int32', [rows], targets),
    task: 'classification',
    sameUnit: true,
  })
}

/** One part's images and labels, checked to fit together. */
async function readPart(folder: string | URL, prefix: string, classes: number) {
  const [imagesFile, labelsFile] = await findFiles(folder, prefix)
  const images = await readIdx(imagesFile)
  const labels = await readIdx(labelsFile)
  checkKind(imagesFile, images, `uint8[images,${side},${side}]`, [side, side])
  checkKind(labelsFile, labels, 'uint8[labels]', [])
  const [rows] = labels.shape
  if (images.shape[0] !== rows)
    throw dataError(
      `${imagesFile} has ${images.shape[0]} images, ${labelsFile} has ${rows} labels`,
      'take both files from the same part of the same data set',
    )
  if (rows === 0) throw dataError(`${imagesFile} holds no images, expected at least one`)
  const wrong = labels.data.findIndex((label: number | bigint) => Number(label) >= classes)
  if (wrong !== -1)
    throw byteError(
      labelsFile,
      8 + wrong,
      `the label of row ${wrong} is ${labels.data[wrong]}, expected 0 to ${classes - 1}`,
    )
  return { images: images.data as Uint8Array, labels: labels.data as Uint8Array }
}

function checkKind(file: string, { dtype, shape }: Tensor, expected: string, rest: readonly number[]): void {
  if (dtype === 'uint8' && shape.length === rest.length + 1 && rest.every((dim, i) => shape[i + 1] === dim)) return
  throw dataError(
    `${file} holds ${typeText({ dtype, shape })}, expected ${expected}`,
    'for other idx files use readIdx(file) and dataset({ inputs, targets })',
  )
}

/** The files of a part as they are named in the archive, by Kaggle (a point in place of a dash), and packed or not. */
async function findFiles(folder: string | URL, prefix: string): Promise<string[]> {
  const { join } = await import('node:path')
  const entries = await readFolder(folder)
  const base = await localPath(folder)
  return [
    ['images', 'idx3'],
    ['labels', 'idx1'],
  ].map(([what, format]) => {
    const usual = `${prefix}-${what}-${format}-ubyte`
    const names = [usual, usual.replace('-idx', '.idx')].flatMap((name) => [name, `${name}.gz`])
    const found = names.find((name) => entries.some((entry) => !entry.folder && entry.name === name))
    if (found !== undefined) return join(base, found)
    throw dataError(
      `${fileText(folder)} has no file ${usual} or ${usual}.gz`,
      entries.length === 0
        ? 'the folder is empty'
        : `it has: ${entries
            .slice(0, 8)
            .map(({ name }) => name)
            .join(', ')}${entries.length > 8 ? ', …' : ''}`,
    )
  })
}
