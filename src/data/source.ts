/** @file Where a configuration's data come from: a data set at hand, or one that is read when the run starts; whole, or in parts. */
import { show, suggestion, usageError } from '../base/errors.ts'
import { sameShape } from '../base/tensor.ts'
import { checkRowSource } from './check-rows.ts'
import { type Dataset, dataset, type Examples, featureShapeOf, targetShapeOf } from './dataset.ts'
import { dataError } from './error.ts'
import type { LoadOptions } from './progress.ts'
import type { RowSource } from './row-source.ts'
import { type Split, type SplitOptions, split } from './split.ts'

/** Examples, or the promise to read them: reading is put off until a command needs the data. */
export type DataSource = Examples | { readonly load: (options?: LoadOptions) => Promise<Examples> }

/** Both parts given, where the data set's makers or its user have divided it: nothing is split off. */
export interface PartSources {
  readonly training: DataSource
  /** Features and classes as in the training part. */
  readonly validation: DataSource
}

/**
 * The examples of a source, checked: also those that a program put together without `dataset()`.
 *
 * @throws RappelError 'data' when it is neither, or when the data are not fit to train on
 */
export async function loadData(source: DataSource, options?: LoadOptions): Promise<Examples> {
  const given: unknown = source
  const loaded: unknown = isLoader(given) ? await given.load(options) : given
  if (typeof loaded === 'object' && loaded !== null && 'read' in loaded) return checkRowSource(loaded as RowSource)
  if (typeof loaded !== 'object' || loaded === null || !('inputs' in loaded) || !('targets' in loaded))
    throw dataError(
      `data is ${show(loaded)}, expected a data set`,
      "use digits(), csv('file.csv') or dataset({ inputs, targets })",
    )
  return dataset(loaded as Dataset)
}

/**
 * The training and the validation part: as they are given, or split by seed from one data set.
 *
 * @param options for the split, and for loading
 * @returns the parts, and the name of the whole
 * @throws RappelError 'data' when given parts differ in features or classes, or when the data are not fit to train on
 */
export async function loadParts(
  source: DataSource | PartSources,
  options: SplitOptions & LoadOptions,
): Promise<Split<Examples> & { name: string }> {
  if (!isParts(source)) {
    const data = await loadData(source, options)
    return { name: data.name, ...split(data, options) }
  }
  checkPartNames(source)
  const training = await loadData(source.training, options)
  const validation = await loadData(source.validation, options)
  checkSameForm(training, validation)
  return { name: training.name, training, validation }
}

/** Whether the two parts are given. */
export function isParts(source: unknown): source is PartSources {
  return typeof source === 'object' && source !== null && ('training' in source || 'validation' in source)
}

const partNames = ['training', 'validation']

function checkPartNames(source: PartSources): void {
  for (const part of partNames) {
    if (!(part in source))
      throw usageError(
        `data has the part '${part === 'training' ? 'validation' : 'training'}' and no '${part}'`,
        'give both parts, or one source, from which the validation part is split off',
      )
  }
  const odd = Object.keys(source).find((name) => !partNames.includes(name))
  if (odd !== undefined) throw usageError(`data has an unknown part '${odd}'`, suggestion(odd, partNames))
}

/** A column or a class that stands elsewhere in the second part would give nonsense without a word. */
function checkSameForm(training: Examples, validation: Examples): void {
  const differ = (what: string, theirs: string, ours: string, hint: string) =>
    dataError(
      `the validation data ${validation.name} have ${what} ${theirs}, the training data ${training.name} have ${ours}`,
      hint,
    )
  if (validation.task !== training.task)
    throw differ('targets for', validation.task, `targets for ${training.task}`, 'give both the same task')
  const [ours, theirs] = [featureShapeOf(training), featureShapeOf(validation)]
  if (!sameShape(ours, theirs))
    throw differ('inputs of the shape', `[${theirs}]`, `[${ours}]`, 'read both with the same options')
  const feature = firstDifference(training.featureNames, validation.featureNames)
  if (feature !== undefined)
    throw differ(
      `as feature ${feature}`,
      show(validation.featureNames?.[feature]),
      show(training.featureNames?.[feature]),
      'both need the same columns in the same order',
    )
  if (training.task === 'classification' && validation.task === 'classification') {
    const place = firstDifference(training.classes, validation.classes)
    if (place !== undefined)
      throw differ(
        `as class ${place}`,
        className(validation.classes, place),
        className(training.classes, place),
        'name all classes in both, in the same order: classes: [...]',
      )
  } else if (!sameShape(targetShapeOf(training), targetShapeOf(validation)))
    throw differ(
      'targets of the shape',
      `[${targetShapeOf(validation)}]`,
      `[${targetShapeOf(training)}]`,
      'read both with the same options',
    )
}

function className(classes: readonly string[], place: number): string {
  return place < classes.length ? show(classes[place]) : `none (${classes.length} classes)`
}

/** The first place where two lists differ; undefined where they do not, or one of them is not there. */
function firstDifference(a: readonly string[] | undefined, b: readonly string[] | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined
  const length = Math.max(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i
  return undefined
}

function isLoader(source: unknown): source is { load: (options?: LoadOptions) => Promise<Examples> } {
  return typeof source === 'object' && source !== null && 'load' in source && typeof source.load === 'function'
}
