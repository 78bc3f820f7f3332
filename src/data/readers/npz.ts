/** @file npz: several numpy arrays in one zip file, as `numpy.savez` and `numpy.savez_compressed` write them. */
import { checkOptions, show, suggestion, usageError } from '../../base/errors.ts'
import { type Tensor, tensor } from '../../base/tensor.ts'
import { type Dataset, dataset } from '../dataset.ts'
import { dataError } from '../error.ts'
import { byteError, fileText, readBytes } from './file.ts'
import { npyLength, parseNpy } from './npy.ts'
import { asFloat32 } from './numbers.ts'
import { unzip, type ZipEntry, zipEntries } from './zip.ts'

export interface NpzOptions {
  /** The array of inputs, [rows, ...]; default 'x'. */
  inputs?: string
  /** The array of targets: class numbers [rows] or [rows, 1], or numbers to be predicted; default 'y'. */
  targets?: string
  /** Default: 'regression' where the targets are floating-point numbers, else 'classification'. */
  task?: Dataset['task']
  /** Names of the classes; default '0', '1', ... */
  classes?: readonly string[]
  /** All features measure the same thing in the same unit: see `fitStandardisation`. */
  sameUnit?: boolean
  source?: string
  licence?: string
}

const known = ['inputs', 'targets', 'task', 'classes', 'sameUnit', 'source', 'licence']

/**
 * Two arrays of a .npz file as a data set, for a configuration's `data`: the file is read when a command needs it.
 *
 * ```ts
 * data: {
 *   training: npz('mnist.npz', { inputs: 'x_train', targets: 'y_train', sameUnit: true }),
 *   validation: npz('mnist.npz', { inputs: 'x_test', targets: 'y_test', sameUnit: true }),
 * }
 * ```
 *
 * @throws RappelError 'usage' for an option or an array that does not exist; on loading 'data' naming the file
 */
export function npz(path: string | URL, options: NpzOptions = {}): { name: string; load: () => Promise<Dataset> } {
  checkOptions('npz', options, known)
  const { task } = options
  if (task !== undefined && task !== 'classification' && task !== 'regression')
    throw usageError(`task is ${show(task)}, expected 'classification' or 'regression'`)
  return { name: fileText(path), load: () => load(path, options) }
}

/**
 * Arrays of a .npz file by their names (without `.npy`): see `readNpy`.
 *
 * @param names which; default: all
 * @throws RappelError 'usage' for an array that does not exist; 'data' `FILE: byte N: ...` when it is no zip
 *   file, damaged, or holds an array that is none of numbers
 */
export async function readNpz(path: string | URL, names?: readonly string[]): Promise<Record<string, Tensor>> {
  const archive = await open(path)
  const { file, bytes, arrays } = archive
  const chosen = names?.map((name) => find(archive, 'names', name)) ?? [...arrays.values()]
  const packed = chosen.reduce((sum, { packedSize }) => sum + packedSize, 0)
  // Entries that overlap could be unpacked to any size.
  if (packed > bytes.length)
    throw byteError(file, 0, `the entries have ${packed} bytes together, the file has ${bytes.length}`)
  const found: [string, Tensor][] = []
  for (const entry of chosen) found.push([arrayName(entry), await readArray(archive, entry)])
  return Object.fromEntries(found)
}

async function load(path: string | URL, options: NpzOptions): Promise<Dataset> {
  const { task, classes, sameUnit, licence } = options
  const archive = await open(path)
  const { file } = archive
  const inputsEntry = find(archive, 'inputs', options.inputs ?? 'x')
  const targetsEntry = find(archive, 'targets', options.targets ?? 'y')
  const inputs = await readArray(archive, inputsEntry)
  const targets = await readArray(archive, targetsEntry)
  return dataset({
    name: file,
    inputs: tensor('float32', inputs.shape, asFloat32(inputs.data)),
    targets: task === 'regression' ? targets : flatLabels(targets),
    ...(task && { task }),
    classes,
    sameUnit,
    source: options.source ?? file,
    licence,
  })
}

/** Labels as a column, [rows, 1], are the same labels. */
function flatLabels(targets: Tensor): Tensor {
  const isColumn = targets.shape.length === 2 && targets.shape[1] === 1
  const isFloat = targets.dtype === 'float32' || targets.dtype === 'float64'
  return isColumn && !isFloat ? { ...targets, shape: [targets.shape[0]] } : targets
}

interface Archive {
  readonly file: string
  readonly bytes: Uint8Array
  readonly arrays: ReadonlyMap<string, ZipEntry>
}

async function open(path: string | URL): Promise<Archive> {
  const file = fileText(path)
  const bytes = await readBytes(path)
  const entries = zipEntries(bytes, file).filter(({ name }) => name.endsWith('.npy'))
  if (entries.length === 0) throw dataError(`${file} holds no arrays, expected entries named *.npy`)
  return { file, bytes, arrays: new Map(entries.map((entry) => [arrayName(entry), entry])) }
}

function arrayName({ name }: ZipEntry): string {
  return name.slice(0, -'.npy'.length)
}

/** @param option stands in the message */
function find({ file, arrays }: Archive, option: string, name: string): ZipEntry {
  const entry = arrays.get(name)
  if (entry !== undefined) return entry
  throw usageError(`${file} has no array ${show(name)} (${option})`, suggestion(name, arrays.keys()))
}

async function readArray({ file, bytes }: Archive, entry: ZipEntry): Promise<Tensor> {
  const place = `${file}: ${entry.name}`
  const unpacked = await unzip(bytes, entry, file)
  const length = npyLength(unpacked, place)
  if (unpacked.length === length) return parseNpy(unpacked, place)
  throw byteError(
    place,
    Math.min(length, unpacked.length),
    `the array has ${unpacked.length} bytes, its beginning promises ${length}`,
  )
}
