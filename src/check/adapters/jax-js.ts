/**
 * @file Functions of jax-js, by its `valueAndGrad`. Points are Float32Arrays: its arrays may be of float64, but its functions are then
 * still as exact as in float32 (0.1.25: tanh is off by 4e-8), and differences of them would mislead a check in float64. Its arrays
 * count their references and are consumed by use; none is left over.
 */
import { checkOptions } from '../../base/errors.ts'
import {
  checkedLoss,
  type FormOf,
  float32,
  type Like,
  Parameters,
  type ShapedObjective,
  type Shapes,
  shapedObjective,
} from './parameters.ts'

/** The part of an array of jax-js that is used. */
export interface JaxArray {
  readonly shape: readonly number[]
  readonly refCount: number
  data(): Promise<ArrayLike<number>>
  dispose(): void
}

/** The part of jax-js that is used: `import * as jax from '@jax-js/jax'` has it. */
export interface Jax<A extends JaxArray> {
  readonly numpy: { array(values: Float32Array<ArrayBuffer>, options: { shape: number[] }): A }
  valueAndGrad(f: JaxLoss<NoInfer<A>>): (parameters: NoInfer<A>[]) => [NoInfer<A>, NoInfer<A>[]]
  grad(f: JaxLoss<NoInfer<A>>): (parameters: NoInfer<A>[]) => NoInfer<A>[]
  jvp(
    f: (parameters: NoInfer<A>[]) => NoInfer<A>[],
    at: [NoInfer<A>[]],
    along: [NoInfer<A>[]],
  ): [NoInfer<A>[], NoInfer<A>[]]
}

type JaxLoss<A> = (parameters: A[]) => A

export interface JaxOptions {
  /** Also give Hessian-vector products, by `jvp` of `grad`, so that the check covers them. Default false. */
  readonly hessianVector?: boolean
}

/**
 * A function of jax-js's arrays as an objective.
 *
 * @param jax the library, after `jax.init()`
 * @param f the loss, a scalar, of the parameters in the form of `shapes`. It owns them, as functions of jax-js do; of arrays from
 *   around it uses `.ref`, for it is called many times
 * @param shapes one for each parameter: `{ w: [3, 4], b: [4] }`
 * @throws RappelError 'usage' when a shape or an option is none. The objective throws 'usage' for a point that is not of Float32Arrays
 *   of these shapes, and for a loss that is no scalar; what f and jax-js throw passes through
 */
export function jaxObjective<A extends JaxArray, const S extends Shapes>(
  jax: Jax<A>,
  f: (parameters: Like<S, A>) => A,
  shapes: S,
  options: JaxOptions = {},
): ShapedObjective<Like<S, Float32Array>> {
  checkOptions('jaxObjective', options, ['hessianVector'])
  const parameters = new Parameters(shapes)
  return objectiveOf<A, Like<S, Float32Array>>(
    jax,
    parameters,
    (list) => checkedLoss(f(parameters.tree(list))),
    options,
  )
}

function objectiveOf<A extends JaxArray, P>(
  jax: Jax<A>,
  parameters: FormOf<P>,
  lossOf: JaxLoss<A>,
  options: JaxOptions,
): ShapedObjective<P> {
  const arraysAt = (x: P) =>
    parameters
      .arrays(x)
      .map(({ name, shape, array }) => jax.numpy.array(float32('jax-js', name, array), { shape: [...shape] }))

  const loss = async (x: P) => {
    const [[value]] = await withArrays<A>([arraysAt(x)], ([at]) => [[lossOf(at)]])
    return value[0]
  }
  const lossAndGradient = async (x: P) => {
    const [[value], gradient] = await withArrays<A>([arraysAt(x)], ([at]) => {
      const [result, slopes] = jax.valueAndGrad(lossOf)(at)
      return [[result], slopes]
    })
    return { loss: value[0], gradient: parameters.tree(gradient) }
  }
  const hessianVector = (x: P, v: P) =>
    withArrays<A>([arraysAt(x), arraysAt(v)], ([at, along]) => {
      const [slopes, products] = jax.jvp(jax.grad(lossOf), [at], [along])
      release(slopes)
      return [products]
    }).then(([products]) => parameters.tree(products))
  const objective = shapedObjective(parameters, loss, lossAndGradient)
  return options.hessianVector ? { ...objective, hessianVector } : objective
}

/** Hands arrays over to `use`, reads what it gives, and releases all that is left: a parameter that f does not use, or all after an error. */
async function withArrays<A extends JaxArray>(given: A[][], use: (given: A[][]) => A[][]): Promise<Float32Array[][]> {
  const results: A[][] = []
  try {
    results.push(...use(given))
    const values: Float32Array[][] = []
    for (const list of results) values.push(await read(list))
    return values
  } finally {
    for (const list of [...given, ...results]) release(list)
  }
}

async function read(arrays: readonly JaxArray[]): Promise<Float32Array[]> {
  const values: Float32Array[] = []
  for (const array of arrays) values.push(Float32Array.from(await array.data()))
  return values
}

function release(arrays: readonly JaxArray[]): void {
  for (const array of arrays) while (array.refCount > 0) array.dispose()
}
