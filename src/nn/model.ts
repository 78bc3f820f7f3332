/** @file What a layer is, and how layers become a graph. */
import { checkRange, RappelError, usageError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import { type Shape, type Tensor, tensor, typeText } from '../base/tensor.ts'
import { sameType } from '../graph/graph.ts'
import type { GraphBuilder, Value } from '../graph/types.ts'
import type { Fans, Initialiser } from './init.ts'

/** Numbers and words that say how a layer was made. */
export type LayerSettings = Readonly<Record<string, number | string | boolean>>

/** Part of a net: takes a value, gives a value, and asks the context for parameters and randomness. */
export interface Layer {
  /** In small letters; layers are named after it: 'dense1', 'dense2'. */
  readonly kind: string
  /** The name that the user chose. */
  readonly name?: string
  /** What it was made with, for the record: a dropout's `rate`. */
  readonly options?: LayerSettings
  build(x: Value, context: LayerContext): Value
}

export interface ParameterOptions {
  readonly init: Initialiser
  readonly fans: Fans
  /** Whether penalties on the weights include it; biases are left out. */
  readonly penalised: boolean
  /**
   * The axis along which the layer's units lie: one unit's incoming weights are the slice at one index. For what is done unit
   * by unit (max-norm). A dense weight [features, units]: 1; convolution [filters, channels, …]: 0; transposed convolution
   * [channels, filters, …]: 1; recurrent [directions, gates · units, inputs]: 1 with `unitGroups` = directions; embedding
   * [words, values]: 0, so that each word's vector counts as a unit.
   */
  readonly unitAxis?: number
  /**
   * In how many parts of axis 0 the units are others: the groups of a transposed convolution, the directions of a recurrent
   * layer. Default 1: a unit's weights lie along the whole of it.
   */
  readonly unitGroups?: number
}

/** A parameter of a net: its place in the graph, and how it starts. */
export interface Parameter extends ParameterOptions {
  readonly name: string
  readonly value: Value
}

/** A graph input that must be filled with uniform random numbers in [0, 1) before every step. */
export interface RandomInput {
  readonly name: string
  readonly value: Value
}

/**
 * A float32 tensor that a net carries from step to step without a gradient: the running mean of a batch normalisation.
 * It is part of the trained model, as parameters are, but no update rule, penalty or parameter count sees it.
 */
export interface Buffer {
  readonly name: string
  readonly value: Value
  /** What every element starts as. */
  readonly initial: number
  /** What it becomes after a training step; undefined: it stays as it is. */
  readonly next?: Value
}

/** A layer as it stands in a graph. */
export interface BuiltLayer {
  /** With the names of the layers around it: 'residual1.dense1'. Two that were given one name are told apart: 'a', 'a#2'. */
  readonly name: string
  readonly kind: string
  readonly options?: LayerSettings
  readonly output: Value
}

/** What a layer may use while it is built. */
export interface LayerContext {
  readonly builder: GraphBuilder
  /** Whether this is the graph that trains: dropout acts only there. */
  readonly training: boolean
  /** Builds a layer inside this one, under a name of its own. */
  apply(layer: Layer, x: Value): Value
  /** A parameter of the layer. Its name stands behind the layer's: 'dense1.weight'. */
  parameter(name: string, shape: Shape, options: ParameterOptions): Value
  /**
   * A buffer of the layer: a value that the layer itself changes by `setBuffer`. Its name stands behind the layer's, like a
   * parameter's: 'batchNorm1.runningMean'.
   *
   * @param initial what every element starts as
   * @throws RappelError 'usage' when a parameter or another buffer has the name
   */
  buffer(name: string, shape: Shape, initial: number): Value
  /**
   * Says what a buffer becomes after a training step; only where `training`.
   *
   * @param buffer what `buffer` gave
   * @param next of the same type; it may depend on the batch
   * @throws RappelError 'usage' when it is no buffer of this net, is set twice, or is set outside training; 'shape' when the
   *   types differ
   */
  setBuffer(buffer: Value, next: Value): void
  /** Uniform random numbers in [0, 1), new in every step, fed by the host from the seeded stream of this name. */
  uniform(name: string, shape: Shape): Value
}

/** Makes a graph out of layers and keeps what they asked for. */
export class ModelContext implements LayerContext {
  readonly builder: GraphBuilder
  readonly training: boolean
  readonly parameters: Parameter[] = []
  readonly buffers: Buffer[] = []
  readonly randomInputs: RandomInput[] = []
  /**
   * In the order of building; a layer inside another stands after it. The outermost one, whose name stands in no path, is the last,
   * and only there where no layer inside it gives what it gives.
   */
  readonly layers: BuiltLayer[] = []
  readonly #counts = new Map<string, number>()
  #path = ''

  constructor(builder: GraphBuilder, training: boolean) {
    this.builder = builder
    this.training = training
  }

  /** Builds the layer that is the whole net. */
  outermost(layer: Layer, x: Value): Value {
    const output = layer.build(x, this)
    const isOwn = !this.layers.some((inner) => inner.output === output)
    if (isOwn) this.layers.push({ ...described(layer, this.#unique(layer.name ?? layer.kind)), output })
    return output
  }

  apply(layer: Layer, x: Value): Value {
    const before = this.#path
    const name = layer.name ?? this.#numbered(layer.kind)
    this.#path = before === '' ? name : `${before}.${name}`
    const place = this.layers.length
    const built = described(layer, this.#unique(this.#path))
    this.layers.push({ ...built, output: x })
    try {
      const output = this.builder.scope(name, () => layer.build(x, this))
      this.layers[place] = { ...built, output }
      return output
    } finally {
      this.#path = before
    }
  }

  parameter(name: string, shape: Shape, options: ParameterOptions): Value {
    const path = this.#freePath(name, 'parameter')
    const value = this.builder.input(path, 'float32', shape)
    this.parameters.push({ ...options, name: path, value })
    return value
  }

  buffer(name: string, shape: Shape, initial: number): Value {
    const path = this.#freePath(name, 'buffer')
    checkRange(`the initial value of the buffer '${path}'`, initial, {})
    const value = this.builder.input(path, 'float32', shape)
    this.buffers.push({ name: path, value, initial })
    return value
  }

  setBuffer(buffer: Value, next: Value): void {
    const at = this.buffers.findIndex(({ value }) => value === buffer)
    if (at < 0)
      throw usageError(`setBuffer: '${buffer.name}' is no buffer of this net`, 'give what context.buffer() gave')
    const known = this.buffers[at]
    if (!this.training)
      throw usageError(
        `setBuffer: the buffer '${known.name}' is set outside training`,
        'a net that is measured or shipped keeps its buffers: ask context.training first',
      )
    if (known.next !== undefined) throw usageError(`setBuffer: the buffer '${known.name}' is set twice`)
    if (!sameType(next, buffer))
      throw new RappelError(
        'shape',
        `setBuffer: the next value of '${known.name}' is ${typeText(next)}, expected ${typeText(buffer)}`,
        'reduce it over the batch first',
      )
    this.buffers[at] = { ...known, next }
  }

  uniform(name: string, shape: Shape): Value {
    const path = this.#pathOf(name)
    const value = this.builder.input(path, 'float32', shape)
    this.randomInputs.push({ name: path, value })
    return value
  }

  /** @throws RappelError 'usage' when a parameter or a buffer has the name already */
  #freePath(name: string, role: 'parameter' | 'buffer'): string {
    const path = this.#pathOf(name)
    const of = (named: readonly { readonly name: string }[]) => named.some((other) => other.name === path)
    const [parameter, buffer] = [of(this.parameters), of(this.buffers)]
    if (!parameter && !buffer) return path
    const alike = role === 'parameter' ? parameter : buffer
    throw usageError(
      alike ? `two ${role}s are named '${path}'` : `a parameter and a buffer are named '${path}'`,
      'give the layers different names',
    )
  }

  /** A layer without parameters may have another's name. */
  #unique(path: string): string {
    const same = this.layers.filter(({ name }) => name === path || name.startsWith(`${path}#`)).length
    return same === 0 ? path : `${path}#${same + 1}`
  }

  #pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  /** Layers of one kind are counted within the layer around them. */
  #numbered(kind: string): string {
    const key = `${this.#path}/${kind}`
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    return `${kind}${count}`
  }
}

function described({ kind, options }: Layer, name: string): Omit<BuiltLayer, 'output'> {
  return { name, kind, ...(options && { options }) }
}

/**
 * The first values of a parameter, float32. Each parameter draws from a stream of its own, named after it: adding a layer
 * does not change the others.
 */
export function initialValue({ name, value, init, fans }: Parameter, seed: number): Tensor<'float32'> {
  return tensor('float32', value.shape, init.draw(value.shape, fans, new RandomStream(seed, `init/${name}`)))
}

/** The longest of the names under which a parameter lies: its own, or that of a layer around it; undefined where none fits. */
export function ownerOf(parameter: Pick<Parameter, 'name'>, names: Iterable<string>): string | undefined {
  const fitting = [...names].filter((name) => parameter.name === name || parameter.name.startsWith(`${name}.`))
  return fitting.sort((a, b) => b.length - a.length)[0]
}
