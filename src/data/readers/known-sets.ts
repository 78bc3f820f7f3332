/** @file Where the well-known data sets are published, with the checksums of their files; and their place in the cache. */
import { usageError } from '../../base/errors.ts'
import { dataError } from '../error.ts'
import type { LoadOptions } from '../progress.ts'
import { cacheFolder } from './cache.ts'
import { type DownloadOptions, download } from './download.ts'
import { unpackTar, type Wanted } from './tar.ts'

export type KnownSet = 'mnist' | 'fashion-mnist' | 'cifar-10'

interface KnownFile {
  readonly name: string
  readonly bytes: number
}

interface Published extends KnownFile {
  readonly sha256: string
}

interface Known {
  readonly title: string
  /** Where the files are, in the order in which they are tried. */
  readonly mirrors: readonly string[]
  /** What is fetched for each part. */
  readonly fetched: Readonly<Record<'training' | 'test', readonly Published[]>>
  /** What an archive is unpacked to, where what is fetched is one. */
  readonly unpacked?: Readonly<Record<'training' | 'test', readonly KnownFile[]>>
}

const idxFiles = (images: Omit<Published, 'name'>, labels: Omit<Published, 'name'>, prefix: string) => [
  { name: `${prefix}-images-idx3-ubyte.gz`, ...images },
  { name: `${prefix}-labels-idx1-ubyte.gz`, ...labels },
]

const cifarArchive = {
  name: 'cifar-10-binary.tar.gz',
  bytes: 170_052_171,
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
}
/** 10,000 records of a label and 3·32·32 bytes. */
const cifarFile = (name: string) => ({ name, bytes: 30_730_000 })

/** Lengths and checksums as in TensorFlow Datasets, `url_checksums/`, which agree with the MD5 sums of the publishers. */
const known: Readonly<Record<KnownSet, Known>> = {
  mnist: {
    title: 'MNIST',
    mirrors: ['https://storage.googleapis.com/cvdf-datasets/mnist/', 'https://ossci-datasets.s3.amazonaws.com/mnist/'],
    fetched: {
      training: idxFiles(
        { bytes: 9_912_422, sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609' },
        { bytes: 28_881, sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c' },
        'train',
      ),
      test: idxFiles(
        { bytes: 1_648_877, sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6' },
        { bytes: 4_542, sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6' },
        't10k',
      ),
    },
  },
  'fashion-mnist': {
    title: 'Fashion-MNIST',
    mirrors: [
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
    fetched: {
      training: idxFiles(
        { bytes: 26_421_880, sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84' },
        { bytes: 29_515, sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845' },
        'train',
      ),
      test: idxFiles(
        { bytes: 4_422_102, sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073' },
        { bytes: 5_148, sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5' },
        't10k',
      ),
    },
  },
  'cifar-10': {
    title: 'CIFAR-10',
    mirrors: ['https://www.cs.toronto.edu/~kriz/'],
    fetched: { training: [cifarArchive], test: [cifarArchive] },
    unpacked: {
      training: [1, 2, 3, 4, 5].map((i) => cifarFile(`data_batch_${i}.bin`)),
      test: [cifarFile('test_batch.bin')],
    },
  },
}

export interface CachedFilesOptions extends LoadOptions {
  /** Default 'training'. */
  readonly part?: 'training' | 'test' | 'all'
  /** Fetch what is not there. Default false: nothing is downloaded that was not asked for. */
  readonly download?: boolean
  /** The folder of the set; default: its name, in the cache's. */
  readonly folder?: string
  /** Other mirrors: folders, ending in a slash. */
  readonly mirrors?: readonly string[]
}

/**
 * The files of a well-known data set in the cache, as its makers published them. Files that are there are taken as they are: they were
 * checked when they came, and a reader looks at them again.
 *
 * @returns the folder, and the paths of the part's files in it
 * @throws RappelError 'data' when a file is missing and was not to be downloaded (says where it belongs), or cannot be
 */
export async function cachedFiles(
  set: KnownSet,
  options: CachedFilesOptions = {},
): Promise<{ folder: string; files: string[] }> {
  return cachedFilesOf(known[set], set, options)
}

/** The same for a set that is described. */
export async function cachedFilesOf(
  set: Known,
  name: string,
  { part = 'training', download: wanted = false, folder: given, mirrors = set.mirrors, onProgress }: CachedFilesOptions,
): Promise<{ folder: string; files: string[] }> {
  const { join } = await import('node:path')
  const folder = given ?? join(await cacheFolder(), name)
  const kept = partOf(set.unpacked ?? set.fetched, part)
  const files = kept.map((file) => join(folder, file.name))
  const missing = await absent(files)
  if (missing.length === 0) return { folder, files }
  const toFetch = partOf(set.fetched, part).filter(
    (file) => set.unpacked !== undefined || missing.includes(join(folder, file.name)),
  )
  if (!wanted) throw notThere(set, folder, missing, toFetch, mirrors)
  if (mirrors.length === 0) throw usageError('mirrors is empty, expected at least one')
  for (const { name: file, bytes, sha256 } of toFetch) {
    const options: DownloadOptions = { sha256, bytes, into: folder, ...(onProgress && { onProgress }) }
    const archive = await download(
      mirrors.map((mirror) => mirror + file),
      options,
    )
    if (set.unpacked !== undefined) await unpackAll(archive, folder, partOf(set.unpacked, 'all'))
  }
  return { folder, files }
}

/** Every part, so that the archive is needed no more. */
async function unpackAll(archive: string, folder: string, files: readonly KnownFile[]): Promise<void> {
  const { join } = await import('node:path')
  const { rm } = await import('node:fs/promises')
  const wanted = files.map(({ name, bytes }): [string, Wanted] => [name, { path: join(folder, name), bytes }])
  await unpackTar(archive, Object.fromEntries(wanted))
  await rm(archive)
}

function partOf<F extends KnownFile>(
  parts: Readonly<Record<'training' | 'test', readonly F[]>>,
  part: 'training' | 'test' | 'all',
): F[] {
  const chosen = part === 'all' ? [...parts.training, ...parts.test] : parts[part]
  return [...new Set(chosen)]
}

async function absent(files: readonly string[]): Promise<string[]> {
  const { stat } = await import('node:fs/promises')
  const there = await Promise.all(
    files.map((file) =>
      stat(file).then(
        (found) => found.isFile(),
        () => false,
      ),
    ),
  )
  return files.filter((_, i) => !there[i])
}

function notThere(
  { title }: Known,
  folder: string,
  missing: readonly string[],
  toFetch: readonly Published[],
  mirrors: readonly string[],
) {
  const megabytes = Math.ceil(toFetch.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6)
  const names = missing.map((file) => file.replace(/^.*[\\/]/, ''))
  return dataError(
    `${title} is not in the cache: ${folder} lacks ${names.join(', ')}`,
    `ask for it with download: true (${megabytes} MB from ${new URL(mirrors[0]).host}), name the folder where it is, or put the files there`,
  )
}
