/** @file A function with a gradient, from anywhere: what `gradientCheck` takes, and the point at which it is checked. */
import { RappelError, show, usageError } from '../base/errors.ts'
import type { Shape } from '../base/tensor.ts'
import { leaves, type Tree } from '../base/tree.ts'

export type NumberArray = number[] | Float64Array | Float32Array

/** One array, or a tree of them by name. */
export type Point = NumberArray | { readonly [name: string]: Point } | readonly Point[]

/**
 * A loss and its gradient. Each function is synchronous or not, and gets a point of the same form as the one given to the check. It must
 * not keep or change what it gets: the arrays are used again.
 */
export interface Objective<P> {
  loss(x: P): number | Promise<number>
  /** Of the same form as x: a derivative for each number. */
  gradient(x: P): P | Promise<P>
  /** Both at once, where that is cheaper. The check then calls it for the gradient. */
  lossAndGradient?(x: P): Both<P> | Promise<Both<P>>
  /** The Hessian at x times v. */
  hessianVector?(x: P, v: P): P | Promise<P>
}

export interface Both<P> {
  readonly loss: number
  readonly gradient: P
}

export interface NamedArray {
  readonly name: string
  readonly array: NumberArray
}

/** The name of a point that is a single array. */
const single = 'x'

/**
 * Every array of a point with its name.
 *
 * @throws RappelError 'usage' when it holds none, or something that is no array of numbers
 */
export function arraysOf(role: string, point: unknown): NamedArray[] {
  const found = leaves<unknown>(point as Tree<unknown>, isLeaf)
  if (found.length === 0)
    throw usageError(`${role} holds no arrays`, 'give an array of numbers, or an object of them by name')
  return found.map(([path, leaf]) => {
    if (isNumberArray(leaf)) return { name: path === '' ? single : path, array: leaf }
    const place = path === '' ? role : `${role}: '${path}'`
    const advice = typeof leaf === 'number' ? `write [${leaf}] for a single number` : undefined
    throw usageError(`${place} is ${show(leaf)}, expected an array of numbers`, advice)
  })
}

function isNumberArray(value: unknown): value is NumberArray {
  if (value instanceof Float32Array || value instanceof Float64Array) return true
  return Array.isArray(value) && value.every((element) => typeof element === 'number')
}

/** Anything that is no branch, so that a wrong leaf is seen and named. */
function isLeaf(node: unknown): node is unknown {
  return typeof node !== 'object' || node === null || ArrayBuffer.isView(node) || isNumberArray(node)
}

/** A copy of the same form, with arrays of the same kinds. */
export function copyPoint<P>(point: P): P {
  if (isNumberArray(point)) return point.slice() as P
  if (Array.isArray(point)) return point.map(copyPoint) as P
  const entries = Object.entries(point as { readonly [name: string]: unknown })
  return Object.fromEntries(entries.map(([name, child]) => [name, copyPoint(child)])) as P
}

/**
 * The arrays of a gradient in the order of the point's, as float64.
 *
 * @throws RappelError 'shape' when names or lengths differ: a failed check, not a crash
 */
export function matchArrays(role: string, given: unknown, tensors: readonly { name: string; size: number }[]) {
  const known = new Map(namedNumbers(role, given).map(({ name, array }) => [name, array]))
  const matched = tensors.map(({ name, size }) => {
    const array = known.get(name)
    if (array === undefined)
      throw new RappelError(
        'shape',
        `${role} has nothing for '${name}'`,
        known.size === 0 ? undefined : `it holds: ${[...known.keys()].join(', ')}`,
      )
    if (array.length !== size)
      throw new RappelError('shape', `${role} has ${array.length} numbers for '${name}', expected ${size}`)
    return Float64Array.from(array)
  })
  const extra = [...known.keys()].find((name) => !tensors.some((tensor) => tensor.name === name))
  if (extra === undefined) return matched
  const expected = tensors.map(({ name }) => name).join(', ')
  throw new RappelError('shape', `${role} has '${extra}', which the point does not have`, `the point has: ${expected}`)
}

function namedNumbers(role: string, given: unknown): NamedArray[] {
  try {
    return arraysOf(role, given)
  } catch (cause) {
    throw new RappelError('shape', cause instanceof RappelError ? cause.message : `${role} is ${show(given)}`)
  }
}

/** Whether a tree holds an array of float32. */
export function hasFloat32(point: unknown): boolean {
  return leaves<unknown>(point as Tree<unknown>, isLeaf).some(([, leaf]) => leaf instanceof Float32Array)
}

/** The shape of each array: as told, or flat. */
export function shapeOf(name: string, size: number, shapes: Readonly<Record<string, Shape>> | undefined): Shape {
  const shape = shapes?.[name]
  if (shape === undefined) return [size]
  if (shape.reduce((product, dim) => product * dim, 1) === size) return shape
  throw usageError(`shapes: '${name}' is [${shape.join(', ')}], which is not ${size} numbers`)
}
