/** @file The vocabulary of graphs: values, nodes, and what must be known of every operator. Types only. */
import type { DType, Shape, Tensor } from '../base/tensor.ts'

export interface ValueType {
  readonly dtype: DType
  readonly shape: Shape
}

/** An attribute as ONNX has it; which kind it is stands in the operator's table entry. */
export type AttributeValue = number | string | readonly number[] | Tensor | Graph
export type Attributes = Readonly<Record<string, AttributeValue>>

/**
 * An edge of the graph: a graph input, a constant, or what a node gives. Made by a builder only.
 * Values compare by identity.
 */
export interface Value extends ValueType {
  readonly builder: GraphBuilder
  /** Position in the order of making: inputs of a node always come before it. */
  readonly id: number
  readonly name: string
  /** The node that gives it; undefined for graph inputs and constants. */
  readonly node: Node | undefined
  /** The data, when it is a constant. */
  readonly constant: Tensor | undefined
}

export interface Node {
  readonly kind: OpKind
  /** `undefined` stands for an optional input that is left out. */
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes: Attributes
  readonly outputs: readonly Value[]
}

/** A finished graph. `nodes` are in topological order; everything in it is reachable from `outputs`, but for unused inputs. */
export interface Graph {
  readonly name: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly constants: readonly Value[]
  readonly nodes: readonly Node[]
}

/** What makes graphs: `Builder` in graph.ts, where each member is described. */
export interface GraphBuilder {
  readonly operators: Operators
  readonly outer: GraphBuilder | undefined
  readonly inputs: readonly Value[]
  nested(): GraphBuilder
  freeName(base: string): string
  scope<T>(name: string, build: () => T): T
  input(name: string, dtype: DType, shape: Shape): Value
  constant(data: Tensor, name?: string): Value
  scalar(dtype: DType, value: number): Value
  node(
    kind: OpKind,
    inputs: readonly (Value | undefined)[],
    attributes?: Attributes,
    names?: readonly string[],
  ): readonly Value[]
  graph(
    name: string,
    outputs: Readonly<Record<string, Value>> | readonly (readonly [name: string, value: Value])[],
    options?: { inputs?: readonly Value[] },
  ): Graph
}

export type ElementwiseKind =
  | 'Add'
  | 'Sub'
  | 'Mul'
  | 'Div'
  | 'Pow'
  | 'Max'
  | 'Min'
  | 'Neg'
  | 'Reciprocal'
  | 'Sqrt'
  | 'Exp'
  | 'Log'
  | 'Abs'
  | 'Sign'
  | 'Identity'
  | 'Cast'
export type LogicKind = 'Equal' | 'Less' | 'LessOrEqual' | 'Greater' | 'GreaterOrEqual' | 'And' | 'Or' | 'Not' | 'Where'
export type ActivationKind = 'Relu' | 'LeakyRelu' | 'HardSigmoid' | 'Tanh' | 'Sigmoid' | 'Softmax' | 'LogSoftmax'
export type LinearKind = 'MatMul' | 'Gemm'
export type ReductionKind = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ArgMax'
export type ShapeKind = 'Reshape' | 'Transpose' | 'Concat' | 'Split' | 'Slice' | 'Pad' | 'Expand'
export type IndexingKind = 'Gather' | 'GatherElements' | 'ScatterElements'
export type ConvolutionKind = 'Conv' | 'ConvTranspose'
export type ControlKind = 'Loop'
export type PoolingKind = 'MaxPool' | 'AveragePool' | 'GlobalAveragePool'
export type SelectionKind = 'TopK'
export type UnpoolingKind = 'MaxUnpool'
export type NormalisationKind = 'BatchNormalization' | 'LayerNormalization' | 'GroupNormalization'
export type SmoothKind = 'Erf' | 'Gelu' | 'Softplus' | 'Elu'
export type ClipKind = 'Clip'
export type AxesKind = 'Squeeze' | 'Unsqueeze' | 'Tile'
export type EinsumKind = 'Einsum'

/** Every operator that a graph may hold. Adding one here does not compile until its table entry says everything. */
export type OpKind =
  | ElementwiseKind
  | LogicKind
  | ActivationKind
  | LinearKind
  | ReductionKind
  | ShapeKind
  | IndexingKind
  | ConvolutionKind
  | ControlKind
  | PoolingKind
  | SelectionKind
  | UnpoolingKind
  | NormalisationKind
  | SmoothKind
  | ClipKind
  | AxesKind
  | EinsumKind

export type AttributeType = 'int' | 'ints' | 'float' | 'string' | 'graph' | 'tensor'

export interface OpDefinition {
  /** Least and greatest number of inputs. */
  readonly inputs: readonly [min: number, max: number]
  /** Names and types of the attributes that are understood; others are refused. */
  readonly attributes: Readonly<Record<string, AttributeType>>
  /** What the values that it gives are named after; default: the operator's name in small letters. */
  readonly label?: string
  /** How many outputs a file must have; those behind are left out of it when nothing uses them. Default: all. */
  readonly requiredOutputs?: number
  readonly shape: ShapeRule
  readonly gradient: GradientRule | 'none'
  readonly batch: BatchRule | 'none'
  readonly kink: KinkRule | 'smooth'
  readonly float64: LoweringRule | 'kernel'
  /**
   * The operator made of others before any runtime gets it, in float32 too, where runtimes lack it or compute it badly;
   * `undefined` leaves a node as it is. What it gives is not lowered again.
   */
  readonly lower?: (...of: Parameters<LoweringRule>) => ReturnType<LoweringRule> | undefined
}

/** Types of the outputs. @throws RappelError 'shape' or 'op'; the builder adds where. */
export type ShapeRule = (inputs: readonly (Value | undefined)[], attributes: Attributes) => readonly ValueType[]

/**
 * Gradients with respect to each input, from those with respect to each output (`undefined` where none flows). Each has the
 * input's shape. A rule is made of differentiable operators only, so that it can be differentiated again.
 */
export type GradientRule = (node: Node, dys: readonly (Value | undefined)[]) => readonly (Value | undefined)[]

/** One input of a node under batching: with a leading dimension of `size`, or the same for all. */
export interface BatchedInput {
  readonly value: Value
  readonly batched: boolean
}

/**
 * The same operator done `size` times at once: inputs that are batched have a leading dimension of that size, and every
 * output gets one. Called only when at least one input is batched. (jax.vmap; Bradbury et al. 2018.)
 */
export type BatchRule = (node: Node, inputs: readonly (BatchedInput | undefined)[], size: number) => readonly Value[]

/**
 * Operators whose function has kinks choose a winner: a sign, an argmax. `winner` gives its identity (bool or integer), and
 * `frozen` is the operator with that choice held fixed, which is smooth around the point where the winner was recorded.
 */
export interface KinkRule {
  readonly winner: (node: Node, inputs: readonly (Value | undefined)[]) => Value
  readonly frozen: (node: Node, inputs: readonly (Value | undefined)[], winner: Value) => readonly Value[]
}

/** The operator in float64 made of others, where the runtime's float64 kernel is missing or not exact to 1e-13 of scale. */
export type LoweringRule = (node: Node, inputs: readonly (Value | undefined)[]) => readonly Value[]

export type Operators = Readonly<Record<OpKind, OpDefinition>>
