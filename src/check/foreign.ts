/** @file The evaluator of a foreign objective: one call a point, the point perturbed and put back. */
import { show, usageError } from '../base/errors.ts'
import type { Shape } from '../base/tensor.ts'
import type { CheckedTensor, Evaluator, Move, Values } from './evaluator.ts'
import { arraysOf, copyPoint, hasFloat32, matchArrays, type NumberArray, type Objective, shapeOf } from './objective.ts'

export interface ForeignOptions {
  /** Shapes of the arrays by name ('x' for a point that is one array), for positions in the report and for the diagnosis. */
  readonly shapes?: Readonly<Record<string, Shape>>
  /**
   * Called before every evaluation, of the loss and of the gradient: set the seed of dropout or augmentation there, so that all of them
   * see the same masks.
   */
  readonly reseed?: () => void
  /**
   * Move the given arrays themselves, for an objective that reads them from elsewhere (a model that holds its parameters) and not from its
   * argument. They are as before afterwards, bit for bit, also after an error. Default false: copies are moved.
   */
  readonly inPlace?: boolean
}

/** An evaluator with what only a foreign objective needs. */
export interface ForeignEvaluator extends Evaluator {
  /** The loss at the base point, computed anew. */
  loss(): Promise<number>
  /** The gradient at the base point, computed anew. */
  gradient(): Promise<readonly Float64Array[]>
  /** Whether the objective was seen to change its argument. */
  readonly changedItsArgument: () => boolean
}

/**
 * @throws RappelError 'usage' when the point is none, or the loss is no number; 'shape' when the gradient's form is not the point's. What
 * the objective throws passes through, after the point was put back
 */
export function foreignEvaluator<P>(objective: Objective<P>, at: P, options: ForeignOptions = {}): ForeignEvaluator {
  const held = new HeldPoint(at, options)
  const { tensors } = held
  const call = async <R>(use: (x: P) => R | Promise<R>): Promise<R> => {
    options.reseed?.()
    const result = use(held.point)
    return isPromise(result) ? await result : result
  }
  const lossHere = async () => checkLoss(await call((x) => objective.loss(x)))
  const analytic = async () => {
    const { lossAndGradient } = objective
    return held.keep(async () => {
      if (lossAndGradient === undefined) {
        const gradient = matchArrays('the gradient', await call((x) => objective.gradient(x)), tensors)
        held.restore()
        return { loss: await lossHere(), gradient }
      }
      const both = await call((x) => lossAndGradient.call(objective, x))
      return { loss: checkLoss(both?.loss), gradient: matchArrays('the gradient', both?.gradient, tensors) }
    })
  }
  const { hessianVector } = objective
  return {
    tensors,
    precision: hasFloat32(at) ? 'float32' : 'float64',
    at: held.base.map((array) => Float64Array.from(array)),
    analytic,
    loss: () => held.keep(lossHere),
    gradient: async () => (await analytic()).gradient,
    changedItsArgument: () => held.changed,
    valuesAt: (moves) => held.keep(() => valuesAt(held, moves, lossHere)),
    valuesAlong: (directions, offsets) =>
      held.keep(async () => {
        const loss = new Float64Array(offsets.length)
        for (let i = 0; i < offsets.length; i++) {
          held.moveAlong(directions[i], offsets[i])
          loss[i] = await lossHere()
          held.restore()
        }
        return { loss, moved: Float64Array.from(offsets) }
      }),
    gradientsAlong: (direction, offsets) =>
      held.keep(async () => {
        const found: Float64Array[][] = []
        for (const offset of offsets) {
          held.moveAlong(direction, offset)
          found.push(matchArrays('the gradient', await call((x) => objective.gradient(x)), tensors))
          held.restore()
        }
        return found
      }),
    ...(hessianVector && {
      hessianVector: (vector: readonly Float64Array[]) =>
        held.keep(async () => {
          const v = held.likePoint(vector)
          return matchArrays(
            'the Hessian-vector product',
            await call((x) => hessianVector.call(objective, x, v)),
            tensors,
          )
        }),
    }),
  }
}

async function valuesAt<P>(held: HeldPoint<P>, moves: readonly Move[], loss: () => Promise<number>): Promise<Values> {
  const losses = new Float64Array(moves.length)
  const moved = new Float64Array(moves.length)
  for (const [i, { tensor, index, offset }] of moves.entries()) {
    moved[i] = held.move(tensor, index, offset)
    losses[i] = await loss()
    held.putBack(tensor, index)
  }
  return { loss: losses, moved }
}

/** The point that the objective gets, and its first values. */
class HeldPoint<P> {
  readonly point: P
  readonly tensors: readonly CheckedTensor[]
  readonly base: readonly NumberArray[]
  changed = false
  readonly #arrays: readonly NumberArray[]

  constructor(at: P, { shapes, inPlace = false }: ForeignOptions) {
    const arrays = arraysOf('the point', at)
    const names = new Set(arrays.map(({ name }) => name))
    const odd = Object.keys(shapes ?? {}).find((name) => !names.has(name))
    if (odd !== undefined) throw usageError(`shapes has '${odd}', the point has: ${[...names].join(', ')}`)
    this.point = inPlace ? at : copyPoint(at)
    this.#arrays = arraysOf('the point', this.point).map(({ array }) => array)
    this.base = arrays.map(({ array }) => array.slice())
    this.tensors = arrays.map(({ name, array }) => ({
      name,
      size: array.length,
      shape: shapeOf(name, array.length, shapes),
    }))
  }

  /** Runs something that moves the point, and puts it back whatever happens. */
  async keep<R>(use: () => Promise<R>): Promise<R> {
    try {
      return await use()
    } finally {
      this.restore()
    }
  }

  /** @returns by how much the number really moved */
  move(tensor: number, index: number, offset: number): number {
    const array = this.#arrays[tensor]
    array[index] = this.base[tensor][index] + offset
    return array[index] - this.base[tensor][index]
  }

  moveAlong(direction: readonly Float64Array[], offset: number): void {
    for (const [t, array] of this.#arrays.entries()) {
      const base = this.base[t]
      for (let i = 0; i < array.length; i++) array[i] = base[i] + offset * direction[t][i]
    }
  }

  /** Puts one number back; when another one is not as it was either, the objective did it. */
  putBack(tensor: number, index: number): void {
    this.#arrays[tensor][index] = this.base[tensor][index]
    for (const [t, array] of this.#arrays.entries()) {
      const base = this.base[t]
      for (let i = 0; i < array.length; i++) {
        if (Object.is(array[i], base[i])) continue
        this.changed = true
        array[i] = base[i]
      }
    }
  }

  restore(): void {
    for (const [t, array] of this.#arrays.entries()) {
      const base = this.base[t]
      for (let i = 0; i < base.length; i++) array[i] = base[i]
    }
  }

  /** Values in the form of the point. */
  likePoint(values: readonly Float64Array[]): P {
    const copy = copyPoint(this.point)
    for (const [t, { array }] of arraysOf('the point', copy).entries())
      for (let i = 0; i < array.length; i++) array[i] = values[t][i]
    return copy
  }
}

function checkLoss(loss: unknown): number {
  if (typeof loss === 'number') return loss
  const hint = 'return a plain number: of a tensor, its only element'
  throw usageError(`the loss is ${show(loss)}, expected a number`, hint)
}

function isPromise<R>(value: R | Promise<R>): value is Promise<R> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
