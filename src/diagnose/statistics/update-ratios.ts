/** @file How large updates are against what they change: ‖Δ‖/‖w‖ of the weights of products. */
import type { History, Series } from '../history.ts'
import { median } from './numbers.ts'

/** Of one tensor. */
export interface UpdateRatio {
  readonly name: string
  /** Of the run's first step. */
  readonly first: number
  /** Median over the first quarter of the watched steps, over the second half, over all. */
  readonly early: number
  readonly late: number
  readonly all: number
}

export interface UpdateRatios {
  /** Weights of products (two dimensions or more); biases and scales are left out: they begin at 0 and have no scale of their own. */
  readonly tensors: readonly UpdateRatio[]
  /** Medians over the tensors. About 1e-3 is a healthy one (CS231n notes, 'Ratio of weights:updates'). */
  readonly first: number
  readonly early: number
  readonly late: number
  readonly all: number
}

/** Undefined where the probe `norms` did not measure. Call it as `run.derive(updateRatios)`. */
export function updateRatios(run: History): UpdateRatios | undefined {
  const tensors = [...run.by('update:weight')].filter(([name]) => isWeight(run, name)).map(ratioOf)
  if (tensors.length === 0) return undefined
  const over = (of: 'first' | 'early' | 'late' | 'all') => median(tensors.map((tensor) => tensor[of]))
  return { tensors, first: over('first'), early: over('early'), late: over('late'), all: over('all') }
}

function ratioOf([name, { values }]: [string, Series]): UpdateRatio {
  return {
    name,
    first: values[0] ?? Number.NaN,
    early: median(values.slice(0, Math.max(4, Math.ceil(values.length / 4)))),
    late: median(values.slice(Math.floor(values.length / 2))),
    all: median(values),
  }
}

/** Whether a parameter is the weight of a product: by its shape, or where nobody says, by its name. */
export function isWeight({ start }: History, name: string): boolean {
  const shape = start?.parameters.find((parameter) => parameter.name === name)?.shape
  if (shape !== undefined) return shape.length >= 2
  return !/bias|scale|offset|beta|gamma/i.test(name)
}
