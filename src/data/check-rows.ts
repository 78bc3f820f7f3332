/** @file Row sources, checked as data sets are: once, when they are made or come from outside. */
import { show } from '../base/errors.ts'
import { type Shape, sizeOf } from '../base/tensor.ts'
import { eachRow } from './each-row.ts'
import { dataError } from './error.ts'
import { checkFeatureNames, FiniteCheck, featureText } from './features.ts'
import { classLabels } from './labels.ts'
import type { RowSource } from './row-source.ts'

/**
 * A row source as it is, after a look at everything that it says of itself. Its inputs are not read.
 *
 * @throws RappelError 'data' that says what does not fit
 */
export function checkRowSource(source: RowSource): RowSource {
  const { name, rows, featureShape, task, read } = source
  if (typeof read !== 'function') throw dataError(`${name}: read is ${show(read)}, expected a function`)
  if (!Number.isSafeInteger(rows) || rows < 1 || rows > 2 ** 32)
    throw dataError(`${name}: rows is ${show(rows)}, expected a whole number from 1 up`, 'give at least one row')
  checkShape(name, 'featureShape', featureShape)
  checkFeatureNames(name, source.featureNames, featureShape)
  if (task === 'regression') checkShape(name, 'targetShape', source.targetShape)
  else if (task === 'classification') {
    const { labels, classes } = source
    if (!(labels instanceof Int32Array) || labels.length !== rows)
      throw dataError(
        `${name}: labels is ${labels instanceof Int32Array ? `an Int32Array of ${labels.length}` : show(labels)}, expected an Int32Array of ${rows}: one label a row`,
      )
    classLabels(name, labels, classes)
  } else throw dataError(`${name}: task is ${show(task)}, expected 'classification' or 'regression'`)
  return source
}

function checkShape(name: string, what: string, shape: Shape): void {
  const fits = Array.isArray(shape) && shape.length > 0 && shape.every((dim) => Number.isSafeInteger(dim) && dim > 0)
  if (!fits) throw dataError(`${name}: ${what} is ${show(shape)}, expected one whole number or more, each from 1 up`)
}

/**
 * Reads every row once.
 *
 * @throws RappelError 'data' when an input or target is NaN or infinite (says which row and feature, and how many)
 */
export function checkRows(source: RowSource): void {
  const { name, featureShape, featureNames, task } = source
  const inputs = new FiniteCheck(`${name}: inputs`, (feature) => featureText(feature, featureNames))
  const targets = new FiniteCheck(`${name}: targets`, (output) => `output ${output}`)
  const width = sizeOf(featureShape)
  const targetWidth = task === 'regression' ? sizeOf(source.targetShape) : 0
  eachRow(source, (row, values, at, targetValues, targetsAt) => {
    inputs.row(row, values, at, width)
    targets.row(row, targetValues, targetsAt, targetWidth)
  })
  inputs.done()
  targets.done()
}
