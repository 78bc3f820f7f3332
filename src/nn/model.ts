/** @file What a layer is, and how layers become a graph. */
import { RappelError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import { type Shape, type Tensor, tensor } from '../base/tensor.ts'
import type { GraphBuilder, Value } from '../graph/types.ts'
import type { Fans, Initialiser } from './init.ts'

/** Part of a net: takes a value, gives a value, and asks the context for parameters and randomness. */
export interface Layer {
  /** In small letters; layers are named after it: 'dense1', 'dense2'. */
  readonly kind: string
  /** The name that the user chose. */
  readonly name?: string
  build(x: Value, context: LayerContext): Value
}

export interface ParameterOptions {
  readonly init: Initialiser
  readonly fans: Fans
  /** Whether penalties on the weights include it; biases are left out. */
  readonly penalised: boolean
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

/** What a layer may use while it is built. */
export interface LayerContext {
  readonly builder: GraphBuilder
  /** Whether this is the graph that trains: dropout acts only there. */
  readonly training: boolean
  /** Builds a layer inside this one, under a name of its own. */
  apply(layer: Layer, x: Value): Value
  /** A parameter of the layer. Its name stands behind the layer's: 'dense1.weight'. */
  parameter(name: string, shape: Shape, options: ParameterOptions): Value
  /** Uniform random numbers in [0, 1), new in every step, fed by the host from the seeded stream of this name. */
  uniform(name: string, shape: Shape): Value
}

/** Makes a graph out of layers and keeps what they asked for. */
export class ModelContext implements LayerContext {
  readonly builder: GraphBuilder
  readonly training: boolean
  readonly parameters: Parameter[] = []
  readonly randomInputs: RandomInput[] = []
  readonly #counts = new Map<string, number>()
  #path = ''

  constructor(builder: GraphBuilder, training: boolean) {
    this.builder = builder
    this.training = training
  }

  apply(layer: Layer, x: Value): Value {
    const before = this.#path
    const name = layer.name ?? this.#numbered(layer.kind)
    this.#path = before === '' ? name : `${before}.${name}`
    try {
      return this.builder.scope(name, () => layer.build(x, this))
    } finally {
      this.#path = before
    }
  }

  parameter(name: string, shape: Shape, options: ParameterOptions): Value {
    const path = this.#pathOf(name)
    if (this.parameters.some((parameter) => parameter.name === path))
      throw new RappelError('usage', `two parameters are named '${path}'`, 'give the layers different names')
    const value = this.builder.input(path, 'float32', shape)
    this.parameters.push({ ...options, name: path, value })
    return value
  }

  uniform(name: string, shape: Shape): Value {
    const path = this.#pathOf(name)
    const value = this.builder.input(path, 'float32', shape)
    this.randomInputs.push({ name: path, value })
    return value
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

/**
 * The first values of a parameter, float32. Each parameter draws from a stream of its own, named after it: adding a layer
 * does not change the others.
 */
export function initialValue({ name, value, init, fans }: Parameter, seed: number): Tensor<'float32'> {
  return tensor('float32', value.shape, init.draw(value.shape, fans, new RandomStream(seed, `init/${name}`)))
}
