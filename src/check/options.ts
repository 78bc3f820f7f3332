/** @file Options of a gradient check, their defaults and their limits. */
import { checkInteger, checkOptions, checkRange, usageError } from '../base/errors.ts'

export interface CheckOptions {
  /**
   * 'coordinates' (default): one by one; of large tensors a quota, the rest by directions. 'directions': every tensor by random
   * directions, and coordinates only where they disagree.
   */
  readonly mode?: 'coordinates' | 'directions'
  /**
   * How many coordinates of each tensor: a number, or 'all'. Default: all where the point has at most 2,000, otherwise 100 of each
   * tensor: the largest gradients, zeros, and the rest spread over the tensor.
   */
  readonly coordinates?: 'all' | number
  /** Random directions of each tensor (default 3). */
  readonly directions?: number
  /** A fixed step. Default: chosen for each coordinate, with its own estimate of the error; it begins near 1e-5 of the coordinate's scale. */
  readonly step?: number
  /** 'sum' (default): |a − n| / (|a| + |n|). 'max': |a − n| / max(|a|, |n|). */
  readonly relativeError?: 'sum' | 'max'
  /** Layers between the point and the loss; errors grow with it. Default 1: as if nothing were known. */
  readonly depth?: number
  /** Number of examples in the loss, for the diagnosis. Default: guessed from ratios that are whole numbers. */
  readonly batchSize?: number
  /** Also check that the Taylor remainder falls with the square of the step. Default true in mode 'directions'. */
  readonly taylor?: boolean
  /** Also check Hessian-vector products. Default: where the objective gives them. */
  readonly secondOrder?: boolean
  /** Also keep, for the worst coordinate of each tensor, the differences at 16 steps: the V of truncation and rounding. Default false. */
  readonly sweep?: boolean
  /** Seed of the sample and of the directions (default 0). */
  readonly seed?: number
}

export type Settings = Required<Omit<CheckOptions, 'coordinates' | 'step' | 'batchSize' | 'secondOrder'>> &
  Pick<CheckOptions, 'coordinates' | 'step' | 'batchSize' | 'secondOrder'>

const known = [
  'mode',
  'coordinates',
  'directions',
  'step',
  'relativeError',
  'depth',
  'batchSize',
  'taylor',
  'secondOrder',
  'sweep',
  'seed',
]

/** @throws RappelError 'usage' when an option does not exist or is out of range */
export function settingsOf(options: CheckOptions): Settings {
  checkOptions('gradientCheck', options, known)
  const { mode = 'coordinates', relativeError = 'sum', coordinates, step, batchSize, secondOrder } = options
  if (mode !== 'coordinates' && mode !== 'directions')
    throw usageError(`mode is ${String(mode)}, expected 'coordinates' or 'directions'`)
  if (relativeError !== 'sum' && relativeError !== 'max')
    throw usageError(`relativeError is ${String(relativeError)}, expected 'sum' or 'max'`)
  if (coordinates !== undefined && coordinates !== 'all') checkInteger('coordinates', coordinates, 1)
  if (step !== undefined) checkRange('step', step, { min: 0, open: 'min' })
  if (batchSize !== undefined) checkInteger('batchSize', batchSize, 1)
  return {
    mode,
    relativeError,
    coordinates,
    step,
    batchSize,
    secondOrder,
    directions: checkInteger('directions', options.directions ?? 3, 1),
    depth: checkInteger('depth', options.depth ?? 1, 1),
    sweep: options.sweep ?? false,
    taylor: options.taylor ?? mode === 'directions',
    seed: checkInteger('seed', options.seed ?? 0),
  }
}
