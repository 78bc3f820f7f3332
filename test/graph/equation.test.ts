/** @file Equations of Einsum: what they mean, by hand, and what is wrong with those that mean nothing. */
import { describe, expect, it } from 'vitest'
import type { Shape } from '../../src/base/tensor.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { contractionOf, explicitEquation } from '../../src/graph/equation.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'

const types = (shapes: readonly Shape[]) => shapes.map((shape) => ({ dtype: 'float32' as const, shape }))
const shapeOf = (equation: string, ...shapes: readonly Shape[]) => {
  const { output, lengths } = contractionOf(equation, types(shapes))
  return [...output].map((letter) => lengths.get(letter))
}

it.each([
  ['ij,jk', 'ij,jk->ik'],
  ['ba', 'ba->ab'],
  ['ii', 'ii->'],
  // Capitals come first (numpy).
  ['bA', 'bA->Ab'],
  ['b...a', 'b...a->...ab'],
  [' i j , j -> i ', 'ij,j->i'],
  ['', '->'],
])("the result of '%s' written out: '%s'", (equation, explicit) => expect(explicitEquation(equation)).toBe(explicit))

describe('shapes', () => {
  it.each<[string, readonly Shape[], Shape]>([
    [
      'ij,jk->ki',
      [
        [2, 3],
        [3, 4],
      ],
      [4, 2],
    ],
    ['ij->', [[2, 3]], []],
    ['bii->ib', [[2, 3, 3]], [3, 2]],
    [
      '...i,i...->...',
      [
        [4, 1, 2],
        [2, 1, 5],
      ],
      [4, 5],
    ],
    ['i...->...i', [[2]], [2]],
    [',i->i', [[], [3]], [3]],
  ])('%s of %j', (equation, shapes, expected) => expect(shapeOf(equation, ...shapes)).toEqual(expected))
})

describe('what is wrong', () => {
  it.each<[string, readonly Shape[], string]>([
    ['ij,jk->ik', [[2, 3]], 'has 2 terms for 1 operands'],
    ['ij->i->j', [[2, 3]], "has more than one '->'"],
    ['i1->i', [[2, 3]], "has the term 'i1', expected letters and at most one '...'"],
    ['i..->i', [[2, 3]], "has the term 'i..'"],
    ['......->...', [[2, 3]], "has the term '......'"],
    ['ijk->i', [[2, 3]], "names 3 dimensions in 'ijk', but operand 0 is float32[2,3]"],
    ['i->i', [[2, 3]], "names 1 dimensions in 'i', but operand 0 is float32[2,3]"],
    ['ijk...->i...', [[2, 3]], "names 3 dimensions in 'ijk...'"],
    ['ij->ik', [[2, 3]], "has 'k' in the result, but in no operand"],
    ['ij->ii', [[2, 3]], "has 'i' twice in the result"],
    [
      'ij,jk->ik',
      [
        [2, 3],
        [4, 2],
      ],
      "has 'j' of length 3 and of length 4",
    ],
    ['ii->i', [[2, 3]], "has 'i' of length 2 and of length 3"],
    // A runtime may repeat it, but takes the first length for the result's.
    [
      'ij,ij->ij',
      [
        [2, 1],
        [2, 3],
      ],
      "has 'j' of length 1 and of length 3",
    ],
    ['i...,...->i...', [[2, 3], [4]], "has '...' over lengths 3 and 4, which do not broadcast"],
    [
      'i...,...->i...',
      [
        [2, 3],
        [4, 3],
      ],
      "has '...' for 1 dimensions and for 2, expected the same everywhere",
    ],
    ['i...->i', [[2, 3]], "has '...' in an operand, but not in the result"],
    ['ij->...ij', [[2, 3]], "has '...' in the result, but in no operand"],
  ])('%s of %j', (equation, shapes, message) => {
    expect(() => contractionOf(equation, types(shapes))).toThrow(`the equation '${equation}' ${message}`)
  })

  it('operands of two dtypes, of bools, none at all', () => {
    const builder = new Builder(operators)
    const [x, y] = [builder.input('x', 'float32', [2]), builder.input('y', 'float64', [2])]
    expect(() => op.einsum('i,i', x, y)).toThrow('the inputs are float32 and float64, expected the same dtype')
    expect(() => op.einsum('i', builder.input('z', 'bool', [2]))).toThrow('z is bool, expected float32 or float64')
    expect(() => op.einsum('i')).toThrow("Einsum 'i' of no values, expected at least one")
  })

  it('more indices than there are letters', () => {
    const rank = 30
    const hidden = types([new Array<number>(rank).fill(1)])
    expect(() => contractionOf('...->...', hidden)).not.toThrow()
    const named = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
    expect(() => contractionOf(`${named}...->...`, types([new Array<number>(53).fill(1)]))).toThrow(
      'an equation needs more than the 52 letters that there are',
    )
  })
})

it('the gradient of a product is two products, of a plain sum none', () => {
  const builder = new Builder(operators)
  const [x, y] = [builder.input('x', 'float32', [2, 3]), builder.input('y', 'float32', [3, 4])]
  const product = gradients(op.reduceSum(op.square(op.einsum('ij,jk->ik', x, y))), [x, y])
  expect(product.map(({ node }) => node?.attributes.equation)).toEqual(['ik,jk->ij', 'ik,ij->jk'])
  const [sum] = gradients(op.einsum('ij->', x), [x])
  expect(builder.graph('g', { sum }).nodes.map(({ kind }) => kind)).toEqual(['Reshape', 'Expand'])
})
