/** @file The intermediate representation: ONNX graphs with static shapes, and the builder that makes them. */
import { RappelError, suggestion } from '../base/errors.ts'
import { type DType, isFloat, type Shape, sameShape, sizeOf, type Tensor, tensor, typeText } from '../base/tensor.ts'
import type { Attributes, Graph, GraphBuilder, Node, Operators, OpKind, Value, ValueType } from './types.ts'

/** Opset whose operator definitions the graphs follow. */
export const OPSET = 20

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * Makes graphs. Each node's shapes are inferred, and so checked, when it is added; a node that was added before with the
 * same inputs and attributes is given again (every operator is pure: randomness comes in as an input).
 */
export class Builder implements GraphBuilder {
  readonly operators: Operators
  /** The builder of the graph around this one, when this makes a Loop's body: its values may be used here by name. */
  readonly outer: Builder | undefined
  readonly #inputs: Value[] = []
  readonly #seen = new Map<string, readonly Value[]>()
  /** Names in use, with the value where Rappel chose the name; shared with bodies, as the ids are. */
  readonly #names: Map<string, Value | undefined>
  readonly #ids: { next: number }
  readonly #counters = new Map<string, number>()
  /** Values that are outputs of finished graphs: their names stand. */
  readonly #given = new Set<Value>()
  #scope = ''

  constructor(operators: Operators, outer?: Builder) {
    this.operators = operators
    this.outer = outer
    this.#names = outer === undefined ? new Map() : outer.#names
    this.#ids = outer === undefined ? { next: 0 } : outer.#ids
  }

  get inputs(): readonly Value[] {
    return this.#inputs
  }

  /** A builder for a Loop's body, in which the values of this one may be used. */
  nested(): Builder {
    return new Builder(this.operators, this)
  }

  /** Runs `build` with a name in front of the values that it makes and in messages: the layer that is being built. */
  scope<T>(name: string, build: () => T): T {
    const before = this.#scope
    this.#scope = before === '' ? name : `${before}.${name}`
    try {
      return build()
    } finally {
      this.#scope = before
    }
  }

  /** A graph input. Its name is kept as it is and must be free. */
  input(name: string, dtype: DType, shape: Shape): Value {
    const value = this.#value(name, { dtype, shape }, undefined, undefined)
    this.#inputs.push(value)
    return value
  }

  /** A constant. Small ones with the same content and no name of their own are one value. */
  constant(data: Tensor, name?: string): Value {
    const small = name === undefined && data.data.length <= 16
    const key = small
      ? `constant ${typeText(data)} ${Array.from<number | bigint, string>(data.data, exactText).join()}`
      : ''
    const seen = this.#seen.get(key)
    if (small && seen !== undefined) return seen[0]
    const value = this.#value(name ?? { after: 'constant' }, data, undefined, data)
    if (small) this.#seen.set(key, [value])
    return value
  }

  /** A scalar constant of a dtype. */
  scalar(dtype: DType, value: number): Value {
    return this.constant(tensor(dtype, [], value))
  }

  /**
   * Adds a node and gives its outputs.
   *
   * @param names of the outputs, where they are to be kept (reading a file); otherwise they are made from the operator's
   * @throws RappelError 'shape' or 'op' that names the scope, the operator and the types of its inputs
   */
  node(
    kind: OpKind,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    names?: readonly string[],
  ): readonly Value[] {
    const definition = this.operators[kind]
    const rounded = this.#roundFloats(kind, attributes)
    const isPlain = Object.values(rounded).every((value) => typeof value !== 'object' || Array.isArray(value))
    const key = isPlain && names === undefined ? nodeKey(kind, inputs, rounded) : ''
    const seen = key === '' ? undefined : this.#seen.get(key)
    if (seen !== undefined) return seen
    const types = this.#infer(kind, inputs, rounded)
    const node: Mutable<Node> = { kind, inputs, attributes: rounded, outputs: [] }
    const after = definition.label ?? kind.toLowerCase()
    node.outputs = types.map((type, i) => this.#value(names?.[i] || { after }, type, node, undefined))
    if (key !== '') this.#seen.set(key, node.outputs)
    return node.outputs
  }

  /**
   * Finishes a graph: all that the outputs need, in topological order. The builder can be used further.
   *
   * @param outputs name and value, in order. A value that has another role already (an input, a constant, an output under
   *   another name) is given through an Identity node
   * @param options.inputs which inputs the graph has, and their order; default: all inputs of the builder
   */
  graph(
    name: string,
    outputs: Readonly<Record<string, Value>> | readonly (readonly [name: string, value: Value])[],
    options: { inputs?: readonly Value[] } = {},
  ): Graph {
    const taken = new Set<Value>()
    // A record would put names that are numbers first: who must keep an order gives pairs.
    const pairs = Array.isArray(outputs) ? outputs : Object.entries(outputs)
    const results = pairs.map(([outputName, value]) => {
      const own = value.node !== undefined && value.builder === this && !taken.has(value)
      const result = own && (value.name === outputName || !this.#given.has(value)) ? value : this.#identity(value)
      if (result.name !== outputName) this.#name(result, outputName)
      taken.add(result)
      return result
    })
    for (const result of results) this.#given.add(result)
    return collect(name, options.inputs ?? this.#inputs, results, this)
  }

  /** A copy under a name of its own, never one that was made before. */
  #identity(value: Value): Value {
    return this.node('Identity', [value], {}, [''])[0]
  }

  #infer(kind: OpKind, inputs: readonly (Value | undefined)[], attributes: Attributes): readonly ValueType[] {
    try {
      const { inputs: count } = this.operators[kind]
      if (inputs.length < count[0] || inputs.length > count[1])
        throw new RappelError('shape', `takes ${countText(count)}, got ${inputs.length}`)
      for (const input of inputs) if (input !== undefined) this.#checkOwner(input)
      this.#checkAttributes(kind, attributes)
      return this.operators[kind].shape(inputs, attributes)
    } catch (error) {
      if (!(error instanceof RappelError)) throw error
      const where = this.#scope === '' ? kind : `${this.#scope} (${kind})`
      const got = inputs
        .map((value) => (value === undefined ? 'nothing' : `${value.name}: ${typeText(value)}`))
        .join(', ')
      throw new RappelError(error.code, `${where}: ${error.message}; inputs: ${got}`, error.hint, { cause: error })
    }
  }

  #checkAttributes(kind: OpKind, attributes: Attributes): void {
    const known = Object.keys(this.operators[kind].attributes)
    const odd = Object.keys(attributes).find((name) => !known.includes(name))
    if (odd !== undefined)
      throw new RappelError(
        'op',
        `has no attribute '${odd}'`,
        known.length === 0 ? 'it takes none' : suggestion(odd, known),
      )
  }

  /** Values of this builder, or of those around it: a graph cannot reach into another one. */
  #checkOwner(value: Value): void {
    if (this.#owns(value)) return
    throw new RappelError(
      'model',
      `${value.name} belongs to another graph`,
      'copy that graph into this one with inline()',
    )
  }

  #owns(value: Value): boolean {
    return value.builder === this || (this.outer !== undefined && this.outer.#owns(value))
  }

  /** Float attributes are float32 in ONNX: what is computed, and what a reference must use, is the rounded value. */
  #roundFloats(kind: OpKind, attributes: Attributes): Attributes {
    const schema = this.operators[kind].attributes
    const entries = Object.entries(attributes).map(([name, value]) => {
      if (schema[name] === 'float') return [name, Math.fround(value as number)]
      return [name, value]
    })
    return Object.fromEntries(entries)
  }

  #value(
    name: string | { after: string },
    { dtype, shape }: ValueType,
    node: Node | undefined,
    constant: Tensor | undefined,
  ): Value {
    const value = { builder: this, id: this.#ids.next++, name: '', dtype, shape, node, constant }
    this.#name(value, name)
    return value
  }

  /** Gives a value the name that was asked for, or one after its operator. What was asked for wins over what was made up. */
  #name(value: Mutable<Value>, name: string | { after: string }): void {
    if (this.#names.get(value.name) === value) this.#names.delete(value.name)
    if (typeof name !== 'string') {
      value.name = this.#fresh(name.after)
      this.#names.set(value.name, value)
      return
    }
    const holder = this.#names.get(name)
    if (holder !== undefined) this.#name(holder, { after: name })
    else if (this.#names.has(name)) throw new RappelError('model', `the name '${name}' is used twice in one graph`)
    value.name = name
    this.#names.set(name, undefined)
  }

  /** The name itself where it is free, else with a number behind it. */
  freeName(base: string): string {
    return this.#names.has(base) ? this.#numbered(base) : base
  }

  #fresh(base: string): string {
    return this.#numbered(this.#scope === '' ? base : `${this.#scope}.${base}`)
  }

  #numbered(prefix: string): string {
    for (;;) {
      const count = this.#counters.get(prefix) ?? 0
      this.#counters.set(prefix, count + 1)
      const name = count === 0 ? prefix : `${prefix}_${count}`
      if (!this.#names.has(name)) return name
    }
  }
}

/** Whether the gradient can flow through a value. */
export function isDifferentiable(value: ValueType): boolean {
  return isFloat(value.dtype)
}

/** `2 inputs`, `2 to 3 inputs`, `at least 1 input`. */
function countText([least, most]: readonly [number, number]): string {
  const noun = (count: number) => `${count} input${count === 1 ? '' : 's'}`
  if (least === most) return noun(least)
  return most === Number.POSITIVE_INFINITY ? `at least ${noun(least)}` : `${least} to ${noun(most)}`
}

/** Exact text of a number, for keys: tells −0 from 0. */
function exactText(value: number | bigint): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function nodeKey(kind: OpKind, inputs: readonly (Value | undefined)[], attributes: Attributes): string {
  const ids = inputs.map((value) => (value === undefined ? '' : value.id)).join()
  const texts = Object.entries(attributes).map(([name, value]) => {
    if (typeof value === 'number') return `${name}=${exactText(value)}`
    return `${name}=${JSON.stringify(value)}`
  })
  return `${kind} ${ids} ${texts.sort().join(' ')}`
}

/** All nodes, constants and inputs that the values need, each once, in the order in which they were made. */
export function ancestors(values: readonly Value[]): { nodes: Node[]; constants: Value[]; inputs: Value[] } {
  const seen = new Set<Value>()
  const nodes = new Set<Node>()
  const stack = [...values]
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (seen.has(value)) continue
    seen.add(value)
    if (value.node === undefined || nodes.has(value.node)) continue
    nodes.add(value.node)
    for (const input of value.node.inputs) if (input !== undefined) stack.push(input)
    stack.push(...capturedValues(value.node))
  }
  const leaves = [...seen].filter((value) => value.node === undefined).sort((a, b) => a.id - b.id)
  return {
    nodes: [...nodes].sort((a, b) => a.outputs[0].id - b.outputs[0].id),
    constants: leaves.filter((value) => value.constant !== undefined),
    inputs: leaves.filter((value) => value.constant === undefined),
  }
}

/** Values of the graph around that a node's body uses by name. */
export function capturedValues(node: Node): Value[] {
  const captured = new Set<Value>()
  for (const body of Object.values(node.attributes)) {
    if (typeof body !== 'object' || !('nodes' in body)) continue
    const inside = new Set<Value>([...body.inputs, ...body.constants, ...body.nodes.flatMap((n) => n.outputs)])
    const used = [...body.nodes.flatMap((n) => [...n.inputs, ...capturedValues(n)]), ...body.outputs]
    for (const value of used) if (value !== undefined && !inside.has(value)) captured.add(value)
  }
  return [...captured]
}

function collect(name: string, inputs: readonly Value[], outputs: readonly Value[], builder: Builder): Graph {
  const found = ancestors(outputs)
  const own = <T extends Value>(list: readonly T[]) => list.filter((value) => value.builder === builder)
  const missing = own(found.inputs).find((value) => !inputs.includes(value))
  if (missing !== undefined)
    throw new RappelError('model', `the graph '${name}' uses ${missing.name}, which is not among its inputs`)
  return {
    name,
    inputs,
    outputs,
    constants: own(found.constants),
    nodes: found.nodes.filter((node) => node.outputs[0].builder === builder),
  }
}

/** Whether two types are the same. */
export function sameType(a: ValueType, b: ValueType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape)
}

/** Number of elements of a value. */
export function size(value: ValueType): number {
  return sizeOf(value.shape)
}
