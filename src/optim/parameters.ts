/** @file Parameters, gradients and state as typed arrays under names: what rules accept, checked. */
import { show, suggestion, usageError } from '../base/errors.ts'
import { leaves, mapTree, type Tree } from '../base/tree.ts'
import { type FloatArray, isFloatArray } from './arrays.ts'

/** One typed array, or a tree of them by name. */
export type ArrayTree = Tree<FloatArray>

export type NamedArray = readonly [path: string, array: FloatArray]

/**
 * Every array with its path.
 *
 * @param role what the tree is, for messages
 * @throws RappelError 'usage' when a leaf is no Float32Array or Float64Array, or there is none
 */
export function namedArrays(role: string, tree: ArrayTree): NamedArray[] {
  const found = leaves<unknown>(tree as Tree<unknown>, isLeaf)
  if (found.length === 0)
    throw usageError(`${role} holds no arrays`, 'give a Float32Array, or an object of them by name')
  return found.map(([path, leaf]) => {
    if (isFloatArray(leaf)) return [path, leaf] as const
    throw usageError(`${place(role, path)} is ${show(leaf)}, expected a Float32Array or a Float64Array`)
  })
}

/**
 * The arrays of a tree in the order of the parameters.
 *
 * @throws RappelError 'usage' naming the parameter when names, lengths or element types differ
 */
export function matchArrays(role: string, tree: ArrayTree, parameters: readonly NamedArray[]): FloatArray[] {
  const found = new Map(namedArrays(role, tree))
  const matched = parameters.map(([path, parameter]) => {
    const array = found.get(path)
    if (array === undefined)
      throw usageError(`${role} has nothing for the parameter '${path}'`, `it holds: ${[...found.keys()].join(', ')}`)
    if (array.length !== parameter.length)
      throw usageError(
        `${place(role, path)} has ${array.length} elements, expected ${parameter.length} like the parameter`,
      )
    if (array.constructor !== parameter.constructor)
      throw usageError(
        `${place(role, path)} is a ${array.constructor.name}, expected a ${parameter.constructor.name} like the parameter`,
      )
    return array
  })
  if (found.size === parameters.length) return matched
  const paths = parameters.map(([path]) => path)
  const extra = [...found.keys()].find((path) => !paths.includes(path)) as string
  throw usageError(`${role} has '${extra}', which is no parameter`, suggestion(extra, paths))
}

/** New arrays like the parameters, filled as asked. */
export function allocate(parameters: ArrayTree, initial: 'zeros' | 'parameter' | number): ArrayTree {
  namedArrays('parameters', parameters)
  return mapTree<FloatArray, FloatArray>(parameters, isFloatArray, (array) => {
    if (initial === 'parameter') return array.slice()
    const made = array instanceof Float32Array ? new Float32Array(array.length) : new Float64Array(array.length)
    return initial === 'zeros' ? made : made.fill(initial)
  })
}

/** Anything that is no branch, so that a wrong leaf is seen and named. */
function isLeaf(node: unknown): node is unknown {
  return typeof node !== 'object' || node === null || ArrayBuffer.isView(node)
}

function place(role: string, path: string): string {
  return path === '' ? role : `${role}: '${path}'`
}
