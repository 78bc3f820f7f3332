/** @file Labels and the names of their classes, checked. */
import { show } from '../base/errors.ts'
import { dataError } from './error.ts'

const maxUnnamedClasses = 65_535

/**
 * Labels as indices, and the classes that they count.
 *
 * @param name of the data set, for messages
 * @param classes default: '0', '1', … up to the highest label
 * @throws RappelError 'data' when a label is no whole number, or has no class (says which row)
 */
export function classLabels(
  name: string,
  values: ArrayLike<number | bigint>,
  classes?: readonly string[],
): { labels: Int32Array; classes: readonly string[] } {
  if (classes !== undefined) checkClassNames(name, classes)
  let highest = 0
  for (let row = 0; row < values.length; row++) {
    const label = Number(values[row])
    if (!Number.isInteger(label))
      throw dataError(
        `${name}: the label of row ${row} is ${label}, expected a whole number (the index of a class)`,
        "for numbers to be predicted say task: 'regression'",
      )
    if (label < 0 || label > (classes === undefined ? 2 ** 31 - 1 : classes.length - 1))
      throw dataError(
        `${name}: the label of row ${row} is ${label}, expected ${classes === undefined ? 'a class index from 0 up' : `0 to ${classes.length - 1} (${classes.length} classes)`}`,
        'labels count from 0; correct the row, or name all classes in classes',
      )
    highest = Math.max(highest, label)
  }
  // A network gets one output for each class: a label of a million is a mistake before it is an allocation.
  if (classes === undefined && highest > maxUnnamedClasses)
    throw dataError(
      `${name}: the highest label is ${highest}, which would be ${highest + 1} classes`,
      "labels count from 0 without gaps; for numbers to be predicted say task: 'regression'",
    )
  return {
    labels: values instanceof Int32Array ? values : Int32Array.from(values, Number),
    classes: classes ?? Array.from({ length: highest + 1 }, (_, i) => String(i)),
  }
}

function checkClassNames(name: string, classes: readonly string[]): void {
  if (!Array.isArray(classes) || classes.length === 0 || classes.some((one) => typeof one !== 'string'))
    throw dataError(`${name}: classes is ${show(classes)}, expected a list of names`)
  const twice = classes.find((one, i) => classes.indexOf(one) !== i)
  if (twice !== undefined) throw dataError(`${name}: classes names ${show(twice)} twice, expected different names`)
}
