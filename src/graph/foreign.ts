/** @file A node of a file while it is being read: its inputs as values, its attributes, and what it may be replaced by. */
import { suggestion } from '../base/errors.ts'
import { type DataOf, type DType, type Shape, type Tensor, tensor } from '../base/tensor.ts'
import { type AttributeDocument, locate, modelError, type NodeDocument } from './document.ts'
import type { Builder } from './graph.ts'
import type { Attributes, AttributeValue, OpKind, Value } from './types.ts'

/** What reading one file shares between its nodes. */
export interface Reading {
  readonly opset: number
  /** Constants that did not stand in the file as such, but came from rewriting. */
  readonly derived: Set<Value>
  /** A name of the file, or one like it where it is taken. */
  readonly claim: (name: string) => string
  readonly claimConstant: (name: string) => string
  /** A new name, which the file does not use. */
  readonly unique: (base: string) => string
}

/** One node of a file, possibly of another opset, with the tools to put our operators in its place. */
export class ForeignNode {
  readonly node: NodeDocument
  readonly inputs: readonly (Value | undefined)[]
  readonly builder: Builder
  readonly reading: Reading

  constructor(node: NodeDocument, inputs: readonly (Value | undefined)[], builder: Builder, reading: Reading) {
    this.node = node
    this.inputs = inputs
    this.builder = builder
    this.reading = reading
  }

  get attributes(): ReadonlyMap<string, AttributeDocument> {
    return this.node.attributes
  }

  /** An error about this node. */
  error(message: string, hint?: string): Error {
    return modelError(this.node.at, `${this.node.label} (${this.node.kind}) ${message}`, hint)
  }

  /** The input at a position. @throws RappelError 'model' when it is left out */
  input(position: number): Value {
    const value = this.inputs[position]
    if (value === undefined) throw this.error(`lacks input ${position}`)
    return value
  }

  /** The tensor at an input that must be a constant; undefined when it is left out. */
  constantInput(position: number, role: string): Tensor | undefined {
    const value = this.inputs[position]
    if (value === undefined || value.constant !== undefined) return value?.constant
    throw this.error(`computes ${role} in the graph (${value.name}), expected a constant`, 'export with fixed shapes')
  }

  /** The whole numbers at an input that must be a constant; undefined when it is left out. */
  integersInput(position: number, role: string): number[] | undefined {
    const data = this.constantInput(position, role)
    if (data === undefined) return undefined
    if (data.dtype !== 'int64' && data.dtype !== 'int32')
      throw this.error(`has ${data.dtype} as ${role}, expected int64`)
    return Array.from(data.data as ArrayLike<number | bigint>, Number)
  }

  /** An axis as an index from 0, negative ones counted from the end. */
  axis(axis: number, rank: number): number {
    if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis
    throw this.error(`names axis ${axis}, expected a whole number from ${-rank} to ${rank - 1}`)
  }

  int(name: string, fallback: number): number {
    const attribute = this.#attribute(name, 'int')
    return attribute === undefined ? fallback : this.#number(name, attribute.value)
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attribute(name, 'ints')?.value.map((value) => this.#number(name, value))
  }

  #attribute<T extends AttributeDocument['type']>(name: string, type: T) {
    const attribute = this.attributes.get(name)
    if (attribute === undefined) return undefined
    if (attribute.type !== type)
      throw this.error(`has the attribute '${name}' of type ${attribute.type}, expected ${type}`)
    return attribute as Extract<AttributeDocument, { type: T }>
  }

  #number(name: string, value: bigint): number {
    const number = Number(value)
    if (Number.isSafeInteger(number)) return number
    throw this.error(`has the attribute '${name}' of ${value}, expected a number below 2^53`)
  }

  /** The attributes as an operator of ours has them, without some. @throws RappelError 'model' when it does not have them */
  attributesOf(kind: OpKind, ...without: readonly string[]): Record<string, AttributeValue> {
    const kept = [...this.attributes].filter(([name]) => !without.includes(name))
    return Object.fromEntries(kept.map(([name, attribute]) => [name, this.attributeOf(kind, name, attribute)]))
  }

  /** An attribute as an operator of ours has it. @throws RappelError 'model' when it does not have it, or it is a graph */
  attributeOf(kind: OpKind, name: string, attribute: AttributeDocument): AttributeValue {
    this.checkAttribute(kind, name, attribute)
    const { type, value } = attribute
    if (type === 'int') return this.#number(name, value)
    if (type === 'ints') return value.map((item) => this.#number(name, item))
    if (type === 'float' || type === 'string' || type === 'tensor') return value
    throw this.error(`has the attribute '${name}' of type ${type}, expected none that is a graph`)
  }

  /** Checks name and type of an attribute by the table of operators. */
  checkAttribute(kind: OpKind, name: string, { type }: AttributeDocument): void {
    const types = this.builder.operators[kind].attributes
    if (!Object.hasOwn(types, name)) {
      const known = Object.keys(types)
      const hint = known.length === 0 ? `${kind} takes no attributes` : suggestion(name, known)
      throw this.error(`has the attribute '${name}', which Rappel does not know`, hint)
    }
    if (type !== types[name]) throw this.error(`has the attribute '${name}' of type ${type}, expected ${types[name]}`)
  }

  /** Runs a step, and names this node in the message of an error that it throws. */
  located<T>(step: () => T): T {
    return locate(`${this.node.at === '' ? '' : `${this.node.at}: `}${this.node.label}`, step)
  }

  /** Adds the operator that gives this node's outputs, under their names. @param count its outputs, where the node has others */
  give(
    kind: OpKind,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    count = this.node.outputs.length,
  ): readonly Value[] {
    const { claim, unique } = this.reading
    const names = Array.from({ length: count }, (_, i) => this.node.outputs[i] ?? '').map((name) =>
      name === '' ? unique(kind.toLowerCase()) : claim(name),
    )
    return this.#add(kind, inputs, attributes, names)
  }

  /** Adds an operator on the way, under a new name. */
  step(kind: OpKind, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Value {
    return this.#add(kind, inputs, attributes, [this.#stepName()])[0]
  }

  /** The same elements in another shape, as this node's output: at once where they are known. */
  giveReshaped(x: Value, shape: Shape): readonly Value[] {
    if (x.constant !== undefined) return [this.giveConstant({ ...x.constant, shape })]
    return this.give('Reshape', [x, this.integers(shape)], shape.includes(0) ? { allowzero: 1 } : {})
  }

  /** A constant as this node's output. */
  giveConstant(data: Tensor): Value {
    return this.#constant(data, this.reading.claimConstant(this.node.outputs[0] ?? ''))
  }

  /** A constant on the way. */
  constant<D extends DType>(dtype: D, shape: Shape, data: DataOf[D] | readonly number[] | number): Value {
    return this.#constant(tensor(dtype, shape, data), this.#stepName())
  }

  integers(values: readonly number[]): Value {
    return this.constant('int64', [values.length], values)
  }

  #constant(data: Tensor, name: string): Value {
    const value = this.builder.constant(data, name)
    this.reading.derived.add(value)
    return value
  }

  #stepName(): string {
    return this.reading.unique(this.node.outputs.find((name) => name !== '') ?? this.node.kind.toLowerCase())
  }

  #add(kind: OpKind, inputs: readonly (Value | undefined)[], attributes: Attributes, names: readonly string[]) {
    const values = this.located(() => this.builder.node(kind, inputs, attributes, names))
    const required = this.builder.operators[kind].requiredOutputs ?? values.length
    if (names.length > values.length || names.length < required)
      throw this.error(`gives ${values.length} values, but has ${names.length} outputs`)
    for (const { name, shape } of values)
      if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0))
        throw this.error(`gives '${name}' the shape [${shape}], expected whole numbers`)
    return values
  }
}
