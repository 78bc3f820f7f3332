/** @file The parameters of a function from another library: their shapes, and points of the same form. */
import { show, usageError } from '../../base/errors.ts'
import { type Shape, sizeOf } from '../../base/tensor.ts'
import { leaves, mapTree, type Tree } from '../../base/tree.ts'
import { arraysOf, type Both, type NumberArray, type Objective } from '../objective.ts'

/** Shapes of parameters: one, or a tree of them by name; `[]` is that of a single number. */
export type Shapes = Shape | { readonly [name: string]: Shapes } | readonly Shapes[]

/** Something for each shape, in the same form. */
export type Like<S, T> = S extends Shape ? T : { readonly [K in keyof S]: Like<S[K], T> }

/** An objective that knows the shapes of its parameters: pass them on as the check's `shapes`, for positions and the diagnosis. */
export interface ShapedObjective<P> extends Objective<P> {
  /** By the paths of names in the tree; 'x' where there is a single parameter. */
  readonly shapes: Readonly<Record<string, Shape>>
}

/** What a point of the form P must hold: `Parameters` without the way in which P follows from the shapes, too deep for the compiler. */
export interface FormOf<P> {
  readonly shapes: Readonly<Record<string, Shape>>
  arrays(point: P): { name: string; shape: Shape; array: NumberArray }[]
  tree(values: readonly Float32Array[]): P
}

/** An objective from its two evaluations. */
export function shapedObjective<P>(
  { shapes }: Pick<FormOf<P>, 'shapes'>,
  loss: (x: P) => Promise<number>,
  lossAndGradient: (x: P) => Promise<Both<P>>,
): ShapedObjective<P> {
  return { shapes, loss, gradient: (x) => lossAndGradient(x).then(({ gradient }) => gradient), lossAndGradient }
}

export class Parameters<S extends Shapes> {
  /** By the paths of names in the tree. */
  readonly shapes: Readonly<Record<string, Shape>>
  readonly #form: S

  /** @throws RappelError 'usage' when something in the tree is no shape */
  constructor(form: S) {
    this.#form = form
    const found = leaves<unknown>(form as Tree<unknown>, isLeaf)
    if (found.length === 0) throw usageError('there are no shapes', 'give the shape of each parameter by its name')
    for (const [path, leaf] of found)
      if (!isShape(leaf))
        throw usageError(`the shape of '${path || 'x'}' is ${show(leaf)}, expected whole numbers such as [3, 4]`)
    this.shapes = Object.fromEntries(found.map(([path, leaf]) => [path || 'x', leaf as Shape]))
  }

  /**
   * The arrays of a point with their shapes, in the order of the shapes.
   *
   * @throws RappelError 'usage' when one is missing, or has another length than its shape
   */
  arrays(point: unknown): { name: string; shape: Shape; array: NumberArray }[] {
    const given = new Map(arraysOf('the point', point).map(({ name, array }) => [name, array]))
    const odd = [...given.keys()].find((name) => this.shapes[name] === undefined)
    if (odd !== undefined)
      throw usageError(`the point has '${odd}', the shapes are of: ${Object.keys(this.shapes).join(', ')}`)
    return Object.entries(this.shapes).map(([name, shape]) => {
      const array = given.get(name)
      if (array === undefined)
        throw usageError(`the point has no '${name}'`, `it holds: ${[...given.keys()].join(', ')}`)
      if (array.length !== sizeOf(shape))
        throw usageError(`the point's '${name}' holds ${array.length} numbers, its shape is [${shape.join(', ')}]`)
      return { name, shape, array }
    })
  }

  /** A value for each parameter, in the form of the shapes. */
  tree<T>(values: readonly T[]): Like<S, T> {
    let next = 0
    return mapTree<unknown, T>(this.#form as Tree<unknown>, isLeaf, () => values[next++]) as Like<S, T>
  }
}

/** Anything that is no branch, so that a wrong leaf is seen and named. */
function isLeaf(node: unknown): node is unknown {
  return typeof node !== 'object' || node === null || ArrayBuffer.isView(node) || isNumbers(node)
}

function isNumbers(node: unknown): node is readonly number[] {
  return Array.isArray(node) && node.every((element) => typeof element === 'number')
}

function isShape(node: unknown): node is Shape {
  return isNumbers(node) && node.every((dim) => Number.isSafeInteger(dim) && dim >= 0)
}

/** A loss of which the gradient can be taken. @throws RappelError 'usage' when it is no scalar */
export function checkedLoss<T extends { readonly shape: readonly number[] }>(loss: T): T {
  if (loss.shape.length === 0) return loss
  throw usageError(`the loss has the shape [${loss.shape.join(', ')}], expected a scalar`, 'take its mean or its sum')
}

/**
 * A copy for a library that computes in float32, which may keep it.
 *
 * @throws RappelError 'usage' for an array of another kind, from which the check would conclude that the loss is in float64
 */
export function float32(library: string, name: string, array: NumberArray): Float32Array<ArrayBuffer> {
  if (array instanceof Float32Array) return Float32Array.from(array)
  throw usageError(
    `'${name}' is of the class ${array.constructor.name}, expected Float32Array: ${library} computes in float32`,
    'write new Float32Array([...]) in the point, so that the check knows the precision',
  )
}
