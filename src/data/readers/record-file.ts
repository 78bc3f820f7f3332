/** @file Binary files of fixed-size records as a row source: data may be larger than memory. */
import { checkOptions, show, usageError } from '../../base/errors.ts'
import { checkRowSource, checkRows } from '../check-rows.ts'
import { dataError } from '../error.ts'
import { classLabels } from '../labels.ts'
import type { ClassificationRows, ReadRows, RowSource } from '../row-source.ts'
import { fileText } from './file.ts'
import { fieldVisitor, placedField, type RecordField, type RecordPlace, shareRecords } from './record-field.ts'
import { RecordTable } from './record-table.ts'

export interface RecordFileOptions extends RecordPlace {
  /** Stands in messages and reports; default: the file. */
  name?: string
  inputs: RecordField
  /** A label from 0 up, or numbers to be predicted. */
  targets: RecordField
  /** Default: 'regression' where the targets are of a float type or several, else 'classification'. */
  task?: RowSource['task']
  /** Names of the classes. Default: '0', '1', … up to the highest label. */
  classes?: readonly string[]
  featureNames?: readonly string[]
  sameUnit?: boolean
  source?: string
  licence?: string
}

/**
 * For a configuration's `data`: examples in binary files, read batch by batch as training needs them. In memory are a label and a few
 * numbers for each row. Without a step's time being lost this needs a disk that is quick to read anywhere (SSD), or a file that the
 * system's cache holds.
 *
 * CIFAR-10, whose records are a label and 3×32×32 bytes:
 * ```ts
 * recordFile({
 *   path: ['data_batch_1.bin', 'data_batch_2.bin'],
 *   inputs: { at: 1, dtype: 'uint8', shape: [3, 32, 32] },
 *   targets: { at: 0, dtype: 'uint8' },
 * })
 * ```
 * MNIST, unpacked, with images and labels in files of their own:
 * ```ts
 * recordFile({
 *   inputs: { path: 'train-images-idx3-ubyte', header: 16, dtype: 'uint8', shape: [1, 28, 28] },
 *   targets: { path: 'train-labels-idx1-ubyte', header: 8, dtype: 'uint8' },
 * })
 * ```
 *
 * @returns its `load` goes over the labels, and over inputs of a float type, once, and checks them
 * @throws RappelError 'usage' when an option does not exist or does not fit; on loading and reading 'data' when a file is missing,
 *   does not hold a whole number of records, changes, or holds a label without a class or a number that is not finite (names the row)
 */
export function recordFile(options: RecordFileOptions): { name: string; load: () => Promise<RowSource> } {
  checkOptions('recordFile', options, optionNames)
  const fields = shareRecords(
    placedField('inputs', options.inputs, options),
    placedField('targets', options.targets, options),
  )
  const { inputs, targets } = fields
  const { task = targets.dtype.startsWith('float') || targets.shape.length > 0 ? 'regression' : 'classification' } =
    options
  if (task !== 'classification' && task !== 'regression')
    throw usageError(`task is ${show(task)}, expected 'classification' or 'regression'`)
  if (task === 'classification' && targets.shape.length > 0)
    throw usageError(`targets.shape is [${targets.shape}], expected one label a row`, "or say task: 'regression'")
  const name = options.name ?? fileText(inputs.paths[0])
  return { name, load: () => load({ ...options, name, task }, fields) }
}

const optionNames = Object.keys({
  name: 0,
  path: 0,
  header: 0,
  recordBytes: 0,
  byteOrder: 0,
  inputs: 0,
  targets: 0,
  task: 0,
  classes: 0,
  featureNames: 0,
  sameUnit: 0,
  source: 0,
  licence: 0,
} satisfies Record<keyof RecordFileOptions, 0>)

async function load(
  { name, task, classes, featureNames, sameUnit, source, licence }: RecordFileOptions & { name: string },
  { inputs, targets, together }: ReturnType<typeof shareRecords>,
): Promise<RowSource> {
  const table = await RecordTable.open(inputs)
  const targetTable = together ? table : await RecordTable.open(targets)
  if (table.rows !== targetTable.rows)
    throw dataError(
      `${name}: ${table.rows} rows of inputs in ${fileText(inputs.paths[0])}, ${targetTable.rows} of targets in ${fileText(targets.paths[0])}`,
      'every row of inputs needs exactly one row of targets',
    )
  const described = {
    name,
    rows: table.rows,
    // A single feature is a row of one.
    featureShape: inputs.shape.length === 0 ? [1] : inputs.shape,
    ...(featureNames && { featureNames }),
    ...(sameUnit && { sameUnit }),
    source: source ?? fileText(inputs.paths[0]),
    ...(licence && { licence }),
  }
  const toInputs = fieldVisitor(inputs)
  const toTargets = fieldVisitor(targets)
  const made = checkRowSource(
    task === 'regression'
      ? {
          ...described,
          task,
          targetShape: targets.shape.length === 0 ? [1] : targets.shape,
          read: (rows, start, count, inputValues, targetValues) => {
            const [visitInputs, visitTargets] = [toInputs(inputValues), toTargets(targetValues)]
            table.read(rows, start, count, (view, at, k) => {
              visitInputs(view, at, k)
              if (together) visitTargets(view, at, k)
            })
            if (!together) targetTable.read(rows, start, count, visitTargets)
          },
        }
      : labelled(described, table, toInputs, allLabels(targetTable, toTargets, name, classes)),
  )
  // Whole numbers are finite; labels were looked at.
  if (inputs.dtype.startsWith('float') || (task === 'regression' && targets.dtype.startsWith('float'))) checkRows(made)
  return made
}

type Described = Omit<ClassificationRows, 'task' | 'classes' | 'labels' | 'read'>

function labelled(
  described: Described,
  table: RecordTable,
  toInputs: ReturnType<typeof fieldVisitor>,
  { labels, classes }: ReturnType<typeof classLabels>,
): ClassificationRows {
  const read: ReadRows = (rows, start, count, inputs, targets) => {
    table.read(rows, start, count, toInputs(inputs))
    for (let k = 0; k < count; k++) targets[k] = labels[rows[start + k]]
  }
  return { ...described, task: 'classification', classes, labels, read }
}

/** Reads every label once, in the order of the file. */
function allLabels(
  table: RecordTable,
  toTargets: ReturnType<typeof fieldVisitor>,
  name: string,
  classes: readonly string[] | undefined,
): ReturnType<typeof classLabels> {
  const values = new Float64Array(table.rows)
  const visit = toTargets(values)
  table.read(
    Uint32Array.from(values, (_, row) => row),
    0,
    table.rows,
    visit,
  )
  return classLabels(name, values, classes)
}
