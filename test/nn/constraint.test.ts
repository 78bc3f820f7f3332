/** @file Max-norm: which parameters it bounds, and what is refused. */
import { describe, expect, test } from 'vitest'
import { type Constraint, maxNorm } from '../../src/nn/constraint.ts'
import { zeros } from '../../src/nn/init.ts'
import type { ParameterOptions } from '../../src/nn/model.ts'
import * as nn from '../../src/nn/nn.ts'
import * as penalty from '../../src/nn/penalty.ts'
import { failure } from '../data/failure.ts'
import { build } from './twin.ts'

const block = () => nn.sequential(nn.dense(3), nn.dense(4))
const { parameters } = build(nn.sequential(nn.dense(5), block(), nn.dense(2, { name: 'last' })), [1, 6]).context

/** The greatest norm of each parameter that is bounded, by name. */
function bounded(constraint: Constraint): Record<string, number> {
  const limits = constraint.limits(parameters)
  expect(limits).toHaveLength(parameters.length)
  return Object.fromEntries(
    limits.flatMap((limit, i) => (limit === undefined ? [] : [[parameters[i].name, limit.most]])),
  )
}

test('one number for all weights; biases are left out', () => {
  expect(bounded(maxNorm(3))).toEqual({
    'dense1.weight': 3,
    'sequential1.dense1.weight': 3,
    'sequential1.dense2.weight': 3,
    'last.weight': 3,
  })
  expect(maxNorm(3).name).toBe('maxNorm(3)')
})

test('by name of a layer, a block of layers, a parameter; the longest that fits; the others are free', () => {
  const constraint = maxNorm({ 'sequential1.dense2': 4, sequential1: 3, 'last.weight': 2 })
  expect(bounded(constraint)).toEqual({
    'sequential1.dense1.weight': 3,
    'sequential1.dense2.weight': 4,
    'last.weight': 2,
  })
  expect(constraint.name).toBe('maxNorm(sequential1.dense2: 4, sequential1: 3, last.weight: 2)')
})

describe('where the units lie', () => {
  const limitOf = (shape: readonly number[], options: Partial<ParameterOptions>) => {
    const layer = nn.functional('own', (_, context) =>
      context.parameter('w', shape, { init: zeros(), fans: { fanIn: 1, fanOut: 1 }, penalised: true, ...options }),
    )
    return maxNorm(1).limits(build(nn.sequential(layer), [1, 1]).context.parameters)[0]
  }
  test.each([
    ['a dense weight [features, units]', [7, 5], { unitAxis: 1 }, [1, 7, 5, 1]],
    ['a convolution [filters, channels, height, width]', [8, 3, 5, 4], { unitAxis: 0 }, [1, 1, 8, 60]],
    [
      'one in groups: a filter has weights of its own all the same',
      [8, 3, 5, 4],
      { unitAxis: 0, unitGroups: 4 },
      [1, 1, 8, 60],
    ],
    ['a transposed convolution [channels, filters, …]', [6, 8, 5, 4], { unitAxis: 1 }, [1, 6, 8, 20]],
    ['one in 2 groups', [6, 8, 5, 4], { unitAxis: 1, unitGroups: 2 }, [2, 3, 8, 20]],
    ['recurrent [directions, gates · units, inputs]', [2, 12, 5], { unitAxis: 1, unitGroups: 2 }, [2, 1, 12, 5]],
    ['an embedding [words, values]', [100, 16], { unitAxis: 0 }, [1, 1, 100, 16]],
  ])('%s', (_, shape, options, [groups, outer, units, inner]) =>
    expect(limitOf(shape, options)).toEqual({ most: 1, groups, outer, units, inner }),
  )

  test('a weight that does not say it', async () => {
    expect(await failure(() => limitOf([2, 3], {}))).toBe(
      "usage: maxNorm: the parameter 'own1.w' does not say along which axis its units lie → where the layer asks for it, give context.parameter() the option unitAxis",
    )
  })
  test.each([{ unitAxis: 2 }, { unitAxis: 1, unitGroups: 4 }])('%j for [6, 3]', async (options) => {
    expect(await failure(() => limitOf([6, 3], options))).toBe(
      `shape: the parameter 'own1.w' is float32[6,3] with unitAxis ${options.unitAxis} and unitGroups ${options.unitGroups ?? 1} → unitAxis is one of its axes, and unitGroups divides its first dimension`,
    )
  })
})

describe('what is refused', () => {
  test.each<[string, () => unknown, string]>([
    ['0', () => maxNorm(0), 'usage: maxNorm is 0, expected a number above 0'],
    ['NaN', () => maxNorm(Number.NaN), 'usage: maxNorm is NaN, expected a number above 0'],
    ['below 0 for a layer', () => maxNorm({ last: -1 }), "usage: maxNorm of 'last' is -1, expected a number above 0"],
    [
      'no numbers',
      () => maxNorm({}),
      'usage: maxNorm is an object of Object, expected a number, or numbers by name of layer → such as maxNorm(3)',
    ],
    [
      'a layer that is not there',
      () => maxNorm({ dense2: 3 }).limits(parameters),
      "usage: maxNorm: the net has no weights 'dense2' → did you mean 'dense1'?",
    ],
    [
      'a bias',
      () => maxNorm({ 'last.bias': 3 }).limits(parameters),
      "usage: maxNorm: the parameter 'last.bias' does not say along which axis its units lie → where the layer asks for it, give context.parameter() the option unitAxis",
    ],
    [
      'among the penalties',
      () => penalty.maxNorm(),
      'usage: penalty.maxNorm: max-norm adds nothing to the loss, so it is no penalty but a constraint → give the configuration, next to its penalty, constraint: constraint.maxNorm(3)',
    ],
  ])('%s', async (_, call, told) => expect(await failure(call)).toBe(told))
})
