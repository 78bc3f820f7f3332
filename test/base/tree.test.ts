/** @file Trees of named leaves. */
import { expect, test } from 'vitest'
import { leaves, mapTree, type Tree } from '../../src/base/tree.ts'

const isNumber = (node: unknown): node is number => typeof node === 'number'
const tree: Tree<number> = { dense1: { weight: 1, bias: 2 }, list: [3, { deep: 4 }], last: 5, none: {} }

test('leaves: dotted paths, in the order of the tree', () =>
  expect(leaves(tree, isNumber)).toEqual([
    ['dense1.weight', 1],
    ['dense1.bias', 2],
    ['list.0', 3],
    ['list.1.deep', 4],
    ['last', 5],
  ]))

test('a bare leaf has the path of nothing', () => {
  expect(leaves(7, isNumber)).toEqual([['', 7]])
  expect(mapTree(7, isNumber, (leaf, path) => `${path}=${leaf}`)).toBe('=7')
})

test('mapTree: the same form, arrays stay arrays, the given tree stays as it was', () => {
  const before = structuredClone(tree)
  expect(mapTree(tree, isNumber, (leaf, path) => `${path}:${leaf * 10}`)).toEqual({
    dense1: { weight: 'dense1.weight:10', bias: 'dense1.bias:20' },
    list: ['list.0:30', { deep: 'list.1.deep:40' }],
    last: 'last:50',
    none: {},
  })
  expect(tree).toEqual(before)
})
