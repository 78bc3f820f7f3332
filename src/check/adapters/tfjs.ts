/**
 * @file Functions of TensorFlow.js, by its `variableGrads`. It keeps tensors in float32, so points are Float32Arrays. Tensors made on the
 * way are disposed of before a call returns.
 */
import { type Shape, sizeOf } from '../../base/tensor.ts'
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

/** The part of a tensor of tfjs that is used. */
export interface TfTensor {
  readonly shape: readonly number[]
  data(): Promise<ArrayLike<unknown>>
  dispose(): void
}

export interface TfVariable<T extends TfTensor> extends TfTensor {
  readonly name: string
  assign(value: T): void
  clone(): T
}

/** The part of tfjs that is used: `import * as tf from '@tensorflow/tfjs'` has it. */
export interface Tf<T extends TfTensor, V extends T & TfVariable<T>> {
  tensor(values: Float32Array, shape: number[]): T
  variable(initial: T): V
  /** Null for a variable on which the loss does not depend. */
  variableGrads(f: () => T, variables: V[]): { value: T; grads: { [name: string]: T | null } }
  tidy<R extends T | T[]>(f: () => R): R
}

/**
 * A function of tfjs's tensors as an objective. Its gradient is what `tf.variableGrads` gives; zeros for a parameter to which it finds
 * no way.
 *
 * @param tf the library, with a backend that is ready
 * @param f the loss, a scalar, of the parameters in the form of `shapes`. It may use other tensors and must keep none
 * @param shapes one for each parameter: `{ w: [3, 4], b: [4] }`
 * @throws RappelError 'usage' when a shape is none. The objective throws 'usage' for a point that is not of Float32Arrays of these
 *   shapes, and for a loss that is no scalar; what f and tfjs throw passes through
 */
export function tfjsObjective<T extends TfTensor, V extends T & TfVariable<T>, const S extends Shapes>(
  tf: Tf<T, V>,
  f: (parameters: Like<S, T>) => T,
  shapes: S,
): ShapedObjective<Like<S, Float32Array>> {
  const parameters = new Parameters(shapes)
  const lossOf = (values: readonly T[]) => f(parameters.tree(values))
  return objectiveOf<T, V, Like<S, Float32Array>>(tf, parameters, {
    loss: (at) => lossOf(at),
    gradients(at) {
      const variables: V[] = []
      try {
        for (const initial of at) variables.push(tf.variable(initial))
        return gradientsOf(tf, () => lossOf(variables), variables)
      } finally {
        for (const variable of variables) variable.dispose() // `tidy` keeps variables
      }
    },
  })
}

/** An objective with the point at which its variables stand. */
export interface TfVariablesObjective extends ShapedObjective<NamedFloats> {
  point(): Promise<NamedFloats>
}

type NamedFloats = Readonly<Record<string, Float32Array>>

/**
 * The same for a loss that reads variables, as that of a model of tfjs-layers does. Each evaluation assigns the point to the variables, and
 * their own values again before it returns, also after an error.
 *
 * @param loss a scalar; it must not assign variables itself
 * @param variables by the names that the report should use
 * @throws RappelError as `tfjsObjective` does
 * @example
 * const objective = tfjsVariablesObjective(tf, () => tf.losses.meanSquaredError(y, model.predict(x)), { kernel, bias })
 * await gradientCheck(objective, await objective.point())
 */
export function tfjsVariablesObjective<T extends TfTensor, V extends T & TfVariable<T>>(
  tf: Tf<T, V>,
  loss: () => T,
  variables: Readonly<Record<string, V>>,
): TfVariablesObjective {
  const named = Object.entries(variables)
  const list = named.map(([, variable]) => variable)
  const at = <R>(values: readonly T[], use: () => R): R => {
    const own = list.map((variable) => variable.clone())
    try {
      list.forEach((variable, i) => variable.assign(values[i]))
      return use()
    } finally {
      list.forEach((variable, i) => variable.assign(own[i]))
    }
  }
  const parameters = new Parameters(Object.fromEntries(named.map(([name, { shape }]) => [name, [...shape]])))
  return {
    ...objectiveOf<T, V, NamedFloats>(tf, parameters, {
      loss: (values) => at(values, loss),
      gradients: (values) => at(values, () => gradientsOf(tf, loss, list)),
    }),
    async point() {
      const values = await read(tf.tidy(() => list.map((variable) => variable.clone())))
      return parameters.tree(values)
    },
  }
}

/** How a loss and its gradient are computed from the values of the parameters; both run within `tidy`. */
interface Evaluation<T> {
  loss(values: readonly T[]): T
  gradients(values: readonly T[]): readonly [loss: T, ...gradient: T[]]
}

function objectiveOf<T extends TfTensor, V extends T & TfVariable<T>, P>(
  tf: Tf<T, V>,
  parameters: FormOf<P>,
  evaluation: Evaluation<T>,
): ShapedObjective<P> {
  const evaluate = (x: P, use: (values: readonly T[]) => readonly T[]) => {
    const arrays = parameters.arrays(x).map((parameter) => ({
      shape: [...parameter.shape],
      values: float32('tfjs', parameter.name, parameter.array),
    }))
    const results = tf.tidy(() => [...use(arrays.map(({ values, shape }) => tf.tensor(values, shape)))])
    return read(results)
  }
  const lossAndGradient = async (x: P) => {
    const [loss, ...gradient] = await evaluate(x, (values) => evaluation.gradients(values))
    return { loss: loss[0], gradient: parameters.tree(gradient) }
  }
  const loss = async (x: P) => (await evaluate(x, (values) => [checkedLoss(evaluation.loss(values))]))[0][0]
  return shapedObjective(parameters, loss, lossAndGradient)
}

function gradientsOf<T extends TfTensor, V extends T & TfVariable<T>>(
  tf: Tf<T, V>,
  loss: () => T,
  variables: V[],
): [loss: T, ...gradient: T[]] {
  const { value, grads } = tf.variableGrads(loss, variables) // refuses a loss that is no scalar
  const zeros = (shape: Shape) => tf.tensor(new Float32Array(sizeOf(shape)), [...shape])
  return [value, ...variables.map(({ name, shape }) => grads[name] ?? zeros(shape))]
}

/** The values of tensors, which are disposed of. */
async function read(tensors: readonly TfTensor[]): Promise<Float32Array[]> {
  try {
    const values: Float32Array[] = []
    for (const tensor of tensors) values.push(Float32Array.from(await tensor.data(), Number))
    return values
  } finally {
    for (const tensor of tensors) tensor.dispose()
  }
}
