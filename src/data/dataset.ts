/** @file Data sets: inputs with targets, row by row, checked once when they are made. */
import { show } from '../base/errors.ts'
import { type Shape, sizeOf, type Tensor, tensor } from '../base/tensor.ts'
import { dataError } from './error.ts'
import { pickRows, type RowSource } from './row-source.ts'
import { copyRows, gather } from './rows.ts'
import { asTensor, float32, isTensor } from './values.ts'

interface Described {
  /** Stands in messages and reports. */
  readonly name: string
  /** [N, ...featureShape]: one row an example. */
  readonly inputs: Tensor<'float32'>
  /** One name for each feature, in row-major order of the feature shape. */
  readonly featureNames?: readonly string[]
  /**
   * All features measure the same thing in the same unit (the grey values of an image). Standardisation then keeps their
   * proportions: see `fitStandardisation`.
   */
  readonly sameUnit?: boolean
  /** Where the data come from. */
  readonly source?: string
  readonly licence?: string
}

/** Each row belongs to one class: `targets` [N] holds indices into `classes`. */
export interface ClassificationDataset extends Described {
  readonly task: 'classification'
  readonly targets: Tensor<'int32'>
  readonly classes: readonly string[]
}

/** Each row has numbers to be predicted: `targets` is [N, outputs], the shape of the network's output. */
export interface RegressionDataset extends Described {
  readonly task: 'regression'
  readonly targets: Tensor<'float32'>
}

export type Dataset = ClassificationDataset | RegressionDataset

/** What a net can be trained on: all in memory, or read row by row. */
export type Examples = Dataset | RowSource

/** What `dataset` takes: tensors, or plain numbers. */
export interface DatasetFields {
  name?: string
  /** [N, ...featureShape], or one array of numbers a row. */
  inputs: Tensor | readonly (readonly number[])[]
  /** Class indices [N], or the numbers to be predicted [N, outputs]; [N] is taken as [N, 1]. */
  targets: Tensor | readonly number[] | readonly (readonly number[])[]
  /** Default: 'regression' where the targets are a float tensor or arrays of numbers a row, else 'classification'. */
  task?: Dataset['task']
  /** Names of the classes. Default: '0', '1', ... up to the highest label. */
  classes?: readonly string[]
  featureNames?: readonly string[]
  sameUnit?: boolean
  source?: string
  licence?: string
}

/**
 * Makes a data set after checking everything that can be wrong with it. Values are rounded to float32; a float32 or int32
 * tensor is kept, not copied, and must not be changed afterwards.
 *
 * @throws RappelError 'data' when it is empty, inputs and targets differ in length, an input or target is NaN or infinite
 *   (says which row and feature, and how many), a label is no whole number or has no class (says which row)
 */
export function dataset(fields: DatasetFields & { task: 'classification' }): ClassificationDataset
export function dataset(fields: DatasetFields & { task: 'regression' }): RegressionDataset
export function dataset(fields: DatasetFields): Dataset
export function dataset(fields: DatasetFields): Dataset {
  const { name = 'the data set', sameUnit, source, licence } = fields
  const inputs = float32(fields.inputs, `${name}: inputs`)
  const targets = asTensor(fields.targets, `${name}: targets`)
  const [rows, ...featureShape] = inputs.shape
  if (inputs.data.length === 0)
    throw dataError(
      `${name} is empty: inputs have the shape [${inputs.shape}]`,
      'give at least one row with one feature',
    )
  if (featureShape.length === 0)
    throw dataError(
      `${name}: inputs have the shape [${inputs.shape}], expected [rows, features] or more dimensions`,
      'a single feature is [rows, 1]',
    )
  if (targets.shape[0] !== rows)
    throw dataError(
      `${name} has ${rows} rows of inputs and ${targets.shape[0] ?? 'no'} rows of targets`,
      'every row of inputs needs exactly one row of targets',
    )
  const featureNames = checkFeatureNames(name, fields.featureNames, featureShape)
  checkFinite(`${name}: inputs`, inputs, (feature) => featureText(feature, featureNames))
  const described: Described = {
    name,
    inputs,
    ...(featureNames && { featureNames }),
    ...(sameUnit && { sameUnit }),
    ...(source && { source }),
    ...(licence && { licence }),
  }
  const task = fields.task ?? (isNumberTargets(fields.targets) ? 'regression' : 'classification')
  if (task === 'classification') return classification(described, targets, fields.classes)
  if (task === 'regression') return regression(described, targets)
  throw dataError(`${name}: task is ${show(task)}, expected 'classification' or 'regression'`)
}

/**
 * The rows with these indices, in this order.
 *
 * @param indices row numbers from 0; a row may come more than once
 * @throws RappelError 'data' when there is none, or one is no row of the data set
 */
export function subset<D extends Examples>(from: D, indices: ArrayLike<number>, name?: string): D
export function subset(from: Examples, indices: ArrayLike<number>, name = from.name): Examples {
  const rows = rowsOf(from)
  if (indices.length === 0)
    throw dataError(`${name} would be empty: a subset of no rows`, 'give at least one row number')
  for (let i = 0; i < indices.length; i++) {
    if (!Number.isInteger(indices[i]) || indices[i] < 0 || indices[i] >= rows)
      throw dataError(
        `${from.name}: index ${i} of the subset is ${show(indices[i])}, expected a row from 0 to ${rows - 1}`,
      )
  }
  if (isRowSource(from)) return pickRows(from, indices, name)
  const inputs = gather(from.inputs, indices)
  return from.task === 'regression'
    ? { ...from, name, inputs, targets: gather(from.targets, indices) }
    : { ...from, name, inputs, targets: gather(from.targets, indices) }
}

export function isRowSource(data: Examples): data is RowSource {
  return 'read' in data
}

/** Number of rows, N. */
export function rowsOf(data: Examples): number {
  return isRowSource(data) ? data.rows : data.inputs.shape[0]
}

/** Shape of one row of the inputs. */
export function featureShapeOf(data: Examples): Shape {
  return isRowSource(data) ? data.featureShape : data.inputs.shape.slice(1)
}

/** Shape of one row of the targets: [] for a label. */
export function targetShapeOf(data: Examples): Shape {
  if (data.task === 'classification') return []
  return isRowSource(data) ? data.targetShape : data.targets.shape.slice(1)
}

/** The label of every row. */
export function labelsOf(data: Examples & { task: 'classification' }): Int32Array {
  return isRowSource(data) ? data.labels : data.targets.data
}

/** The same examples as a row source. */
export function rowSource(data: Examples): RowSource {
  if (isRowSource(data)) return data
  const { inputs, targets, ...described } = data
  const common = {
    ...described,
    rows: rowsOf(data),
    featureShape: featureShapeOf(data),
    read: (
      rows: ArrayLike<number>,
      start: number,
      count: number,
      toInputs: Float32Array,
      toTargets: Int32Array | Float32Array,
    ) => {
      copyRows(inputs, rows, start, count, toInputs)
      copyRows(targets as Tensor<'float32' | 'int32'>, rows, start, count, toTargets)
    },
  }
  return data.task === 'regression'
    ? { ...common, task: 'regression', targetShape: targetShapeOf(data) }
    : { ...common, task: 'classification', classes: data.classes, labels: data.targets.data }
}

/** How messages name a feature: by its name where it has one, and by its place. */
function featureText(feature: number, names?: readonly string[]): string {
  return names === undefined ? `feature ${feature}` : `feature '${names[feature]}' (${feature})`
}

function classification(described: Described, targets: Tensor, names?: readonly string[]): ClassificationDataset {
  const { name } = described
  if (targets.shape.length !== 1)
    throw dataError(
      `${name}: targets have the shape [${targets.shape}], expected one label a row: [${targets.shape[0]}]`,
      "for numbers to be predicted say task: 'regression'",
    )
  if (names !== undefined) checkClassNames(name, names)
  let highest = 0
  for (let row = 0; row < targets.data.length; row++) {
    const label = Number(targets.data[row])
    if (!Number.isInteger(label))
      throw dataError(
        `${name}: the label of row ${row} is ${label}, expected a whole number (the index of a class)`,
        "for numbers to be predicted say task: 'regression'",
      )
    if (label < 0 || label > (names === undefined ? 2 ** 31 - 1 : names.length - 1))
      throw dataError(
        `${name}: the label of row ${row} is ${label}, expected ${names === undefined ? 'a class index from 0 up' : `0 to ${names.length - 1} (${names.length} classes)`}`,
        'labels count from 0; correct the row, or name all classes in classes',
      )
    highest = Math.max(highest, label)
  }
  // A network gets one output for each class: a label of a million is a mistake before it is an allocation.
  if (names === undefined && highest > maxUnnamedClasses)
    throw dataError(
      `${name}: the highest label is ${highest}, which would be ${highest + 1} classes`,
      "labels count from 0 without gaps; for numbers to be predicted say task: 'regression'",
    )
  const classes = names ?? Array.from({ length: highest + 1 }, (_, i) => String(i))
  const labels = targets.dtype === 'int32' ? targets.data : Int32Array.from(targets.data as ArrayLike<number>, Number)
  return {
    ...described,
    task: 'classification',
    targets: tensor('int32', targets.shape, labels as Int32Array),
    classes,
  }
}

const maxUnnamedClasses = 65_535

function regression(described: Described, targets: Tensor): RegressionDataset {
  const numbers = float32(targets, `${described.name}: targets`)
  // [N] against an output of [N, 1] would broadcast to [N, N] in the loss and train on nonsense.
  const shape = numbers.shape.length === 1 ? [numbers.shape[0], 1] : numbers.shape
  checkFinite(`${described.name}: targets`, { ...numbers, shape }, (output) => `output ${output}`)
  return { ...described, task: 'regression', targets: tensor('float32', shape, numbers.data) }
}

function checkClassNames(name: string, classes: readonly string[]): void {
  if (!Array.isArray(classes) || classes.length === 0 || classes.some((one) => typeof one !== 'string'))
    throw dataError(`${name}: classes is ${show(classes)}, expected a list of names`)
  const twice = classes.find((one, i) => classes.indexOf(one) !== i)
  if (twice !== undefined) throw dataError(`${name}: classes names ${show(twice)} twice, expected different names`)
}

function checkFeatureNames(name: string, names: readonly string[] | undefined, shape: Shape) {
  const features = sizeOf(shape)
  if (names !== undefined && names.length !== features)
    throw dataError(`${name}: featureNames holds ${names.length} names, expected one for each of ${features} features`)
  return names
}

/** Names the first value that is not finite, by row and place in the row, and says how many there are. */
function checkFinite(what: string, { data, shape }: Tensor<'float32'>, place: (column: number) => string): void {
  const columns = sizeOf(shape.slice(1))
  let count = 0
  let first = -1
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue
    if (count === 0) first = i
    count++
  }
  if (count === 0) return
  const where = `row ${Math.floor(first / columns)}, ${place(first % columns)}`
  throw dataError(
    count === 1
      ? `${what} hold one value that is not finite in float32: ${data[first]} at ${where}`
      : `${what} hold ${count} values that are not finite in float32, the first is ${data[first]} at ${where}`,
    'leave out the rows that lack a value, or fill the gaps before making the data set',
  )
}

function isNumberTargets(targets: unknown): boolean {
  if (isTensor(targets)) return targets.dtype === 'float32' || targets.dtype === 'float64'
  return Array.isArray(targets) && Array.isArray(targets[0])
}
