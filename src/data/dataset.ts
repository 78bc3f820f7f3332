/** @file Data sets: inputs with targets, row by row, checked once when they are made. */
import { show } from '../base/errors.ts'
import { type Shape, sizeOf, type Tensor, tensor } from '../base/tensor.ts'
import { dataError } from './error.ts'
import { checkFeatureNames, FiniteCheck, featureText } from './features.ts'
import { classLabels } from './labels.ts'
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
  /**
   * The inputs are numbers of categories (characters, words), not quantities: a configuration then leaves them as they are
   * where it would standardise.
   */
  readonly categorical?: boolean
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
  categorical?: boolean
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
  const { name = 'the data set', sameUnit, categorical, source, licence } = fields
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
    ...(categorical && { categorical }),
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

function classification(described: Described, targets: Tensor, names?: readonly string[]): ClassificationDataset {
  const { name } = described
  if (targets.shape.length !== 1)
    throw dataError(
      `${name}: targets have the shape [${targets.shape}], expected one label a row: [${targets.shape[0]}]`,
      "for numbers to be predicted say task: 'regression'",
    )
  const { labels, classes } = classLabels(name, targets.data, names)
  return { ...described, task: 'classification', targets: tensor('int32', targets.shape, labels), classes }
}

function regression(described: Described, targets: Tensor): RegressionDataset {
  const numbers = float32(targets, `${described.name}: targets`)
  // [N] against an output of [N, 1] would broadcast to [N, N] in the loss and train on nonsense.
  const shape = numbers.shape.length === 1 ? [numbers.shape[0], 1] : numbers.shape
  checkFinite(`${described.name}: targets`, { ...numbers, shape }, (output) => `output ${output}`)
  return { ...described, task: 'regression', targets: tensor('float32', shape, numbers.data) }
}

/** @throws RappelError 'data' when a value is NaN or infinite */
function checkFinite(what: string, { data, shape }: Tensor<'float32'>, place: (column: number) => string): void {
  const check = new FiniteCheck(what, place)
  const columns = sizeOf(shape.slice(1))
  for (let row = 0; row < shape[0]; row++) check.row(row, data, row * columns, columns)
  check.done()
}

function isNumberTargets(targets: unknown): boolean {
  if (isTensor(targets)) return targets.dtype === 'float32' || targets.dtype === 'float64'
  return Array.isArray(targets) && Array.isArray(targets[0])
}
