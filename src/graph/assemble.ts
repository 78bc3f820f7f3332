/** @file Builds a checked graph from a document: the half of reading that the text form and the protobuf form share. */
import { checkInteger, nearest, RappelError, suggestion } from '../base/errors.ts'
import { type Shape, sameShape, typeText } from '../base/tensor.ts'
import {
  type AttributeDocument,
  type GraphDocument,
  type ModelDocument,
  modelError,
  type NodeDocument,
  type ValueDocument,
} from './document.ts'
import { ForeignNode } from './foreign.ts'
import { Builder } from './graph.ts'
import { normalise } from './normalise.ts'
import type { AttributeValue, Graph, Operators, OpKind, Value, ValueType } from './types.ts'

/** Opsets whose operators mean what they mean in `OPSET`, but for what src/graph/normalise.ts mends. */
const oldestOpset = 13
const newestOpset = 21

const deepestNesting = 32

/** What reading a model can be told. */
export interface ReadOptions {
  /**
   * Lengths of the dimensions that the file leaves open, by their names (`{ batch: 32 }`), or one length for all of them. A dimension without a name is
   * called by its input and position (`{ 'x.0': 32 }`).
   */
  readonly dimensions?: Readonly<Record<string, number>> | number
}

/**
 * Builds the graph that a document describes. Shapes are inferred node by node, and compared with those that are declared
 * for the outputs; operators of other opsets are rewritten as ours (src/graph/normalise.ts).
 *
 * @throws RappelError 'model', 'shape' or 'op' with the place, the node and what to do
 */
export function assemble(model: ModelDocument, operators: Operators, options: ReadOptions = {}): Graph {
  const { opset, graph } = model
  if (opset < oldestOpset || opset > newestOpset)
    throw modelError(
      graph.at,
      `the model is written in opset ${opset}, expected ${oldestOpset} to ${newestOpset}`,
      'export with opset 20, or convert: onnx.version_converter.convert_version(model, 20)',
    )
  const assembler = new Assembler(operators, opset, options.dimensions ?? {}, graph)
  const result = assembler.graph(graph, new Builder(operators), new Scope(undefined), [])
  assembler.checkDimensionsUsed(graph)
  return result
}

/** The values that a node may use by name: those of its graph, and of the graphs around it. */
class Scope {
  readonly #values = new Map<string, Value>()
  readonly #outer: Scope | undefined
  readonly depth: number

  constructor(outer: Scope | undefined) {
    this.#outer = outer
    this.depth = outer === undefined ? 0 : outer.depth + 1
  }

  find(name: string): Value | undefined {
    return this.#values.get(name) ?? this.#outer?.find(name)
  }

  define(name: string, value: Value, at: string): void {
    if (this.#values.has(name)) throw modelError(at, `the name '${name}' is given to two values`)
    this.#values.set(name, value)
  }
}

class Assembler {
  readonly #operators: Operators
  readonly #opset: number
  readonly #dimensions: Readonly<Record<string, number>> | number
  readonly #openDimensions = new Set<string>()
  /** Names of the model's outputs: only what gives them may bear them. */
  readonly #outputNames: ReadonlySet<string>
  /** All names that the file uses: names that we make up must not take one that comes later. */
  readonly #reserved = new Set<string>()
  readonly #taken = new Set<string>()
  /** Constants that came from rewriting; arithmetic on them is shape arithmetic and is done here. */
  readonly #derived = new Set<Value>()

  constructor(
    operators: Operators,
    opset: number,
    dimensions: Readonly<Record<string, number>> | number,
    document: GraphDocument,
  ) {
    this.#operators = operators
    this.#opset = opset
    this.#dimensions = dimensions
    const lengths = typeof dimensions === 'number' ? { all: dimensions } : dimensions
    for (const [name, length] of Object.entries(lengths)) checkInteger(`dimension '${name}'`, length)
    this.#outputNames = new Set(document.outputs.map(({ name }) => name))
    reserveNames(document, this.#reserved)
  }

  /** @param fallbacks types of the inputs where the document does not say them: a Loop knows what it feeds its body */
  graph(document: GraphDocument, builder: Builder, scope: Scope, fallbacks: readonly (ValueType | undefined)[]): Graph {
    if (scope.depth > deepestNesting)
      throw modelError(document.at, `graphs are nested deeper than ${deepestNesting} levels`)
    // Before IR version 4, constants were listed as inputs too.
    const constants = new Set(document.constants.map(({ name }) => name))
    document.inputs.forEach((input, i) => {
      if (constants.has(input.name)) return
      const { dtype, shape } = this.#inputType(input, fallbacks[i])
      scope.define(input.name, builder.input(this.#claim(input.name), dtype, shape), input.at)
    })
    for (const { name, data, at } of document.constants)
      scope.define(name, builder.constant(data, this.#claimConstant(name)), at)
    for (const node of document.nodes) this.#node(node, builder, scope)
    return this.#finish(document, builder, scope)
  }

  /** A misspelt dimension would otherwise be without effect. */
  checkDimensionsUsed({ at }: GraphDocument): void {
    for (const name of Object.keys(this.#dimensions)) {
      if (this.#openDimensions.has(name)) continue
      const open = [...this.#openDimensions]
      const hint = open.length === 0 ? 'all its dimensions are fixed' : suggestion(name, open)
      throw modelError(at, `a length is given for the dimension '${name}', which the model does not have`, hint)
    }
  }

  #inputType({ name, dtype, dimensions, at }: ValueDocument, fallback: ValueType | undefined): ValueType {
    const known = dtype !== undefined && dimensions?.every((dimension) => typeof dimension === 'number')
    if (!known && fallback !== undefined) return fallback
    if (dtype === undefined || dimensions === undefined)
      throw modelError(
        at,
        `input '${name}' has no ${dtype === undefined ? 'type' : 'shape'}`,
        'export it with the types and shapes of its inputs',
      )
    return { dtype, shape: dimensions.map((dimension, i) => this.#length(name, dimension ?? `${name}.${i}`, i, at)) }
  }

  #length(input: string, dimension: number | string, axis: number, at: string): number {
    if (typeof dimension === 'number') return dimension
    this.#openDimensions.add(dimension)
    if (typeof this.#dimensions === 'number') return this.#dimensions
    if (Object.hasOwn(this.#dimensions, dimension)) return this.#dimensions[dimension]
    throw modelError(
      at,
      `dimension ${axis} of input '${input}' is open (its name is '${dimension}') and no length is given for it`,
      `give it a length: dimensions: { ${JSON.stringify(dimension)}: 32 }`,
    )
  }

  #node(node: NodeDocument, builder: Builder, scope: Scope): void {
    if (node.domain !== '' && node.domain !== 'ai.onnx')
      throw modelError(
        node.at,
        `${node.label} is a ${node.domain}.${node.kind}, expected an operator of ONNX's own domain`,
        'export without custom operators; functions inside the model: onnx.inliner.inline_local_functions(model)',
      )
    const inputs = node.inputs.map((name) => (name === '' ? undefined : this.#find(name, node, scope)))
    const foreign = new ForeignNode(node, inputs, builder, {
      opset: this.#opset,
      derived: this.#derived,
      claim: (name) => this.#claim(name),
      claimConstant: (name) => this.#claimConstant(name),
      unique: (base) => this.#unique(base),
    })
    const values = normalise(foreign, this.#operators) ?? this.#known(foreign, scope)
    if (node.outputs.length > values.length)
      throw modelError(
        node.at,
        `${node.label} (${node.kind}) gives ${values.length} values, not ${node.outputs.length}`,
      )
    node.outputs.forEach((name, i) => {
      if (name !== '') scope.define(name, values[i], node.at)
    })
  }

  /** A node whose operator is in the table as it stands. */
  #known(foreign: ForeignNode, scope: Scope): readonly Value[] {
    const { node, inputs } = foreign
    const kind = node.kind as OpKind
    const attributes: Record<string, AttributeValue> = {}
    for (const [name, attribute] of foreign.attributes)
      attributes[name] = this.#attribute(name, attribute, foreign, scope)
    for (const [name, type] of Object.entries(this.#operators[kind].attributes))
      if (type === 'graph' && attributes[name] === undefined)
        throw modelError(node.at, `${node.label} (${kind}) lacks the attribute '${name}'`)
    const pieces = attributes.num_outputs
    if (pieces !== undefined && pieces !== node.outputs.length)
      throw modelError(node.at, `${node.label} (${kind}) has ${node.outputs.length} outputs and num_outputs ${pieces}`)
    return foreign.give(kind, inputs, attributes)
  }

  #attribute(name: string, attribute: AttributeDocument, foreign: ForeignNode, scope: Scope): AttributeValue {
    const { node, builder, inputs } = foreign
    const kind = node.kind as OpKind
    if (attribute.type !== 'graph') return foreign.attributeOf(kind, name, attribute)
    foreign.checkAttribute(kind, name, attribute)
    const fallbacks: readonly (ValueType | undefined)[] =
      node.kind === 'Loop' ? [{ dtype: 'int64', shape: [] }, { dtype: 'bool', shape: [] }, ...inputs.slice(2)] : []
    return this.graph(attribute.value, new Builder(this.#operators, builder), new Scope(scope), fallbacks)
  }

  #find(name: string, node: NodeDocument, scope: Scope): Value {
    const value = scope.find(name)
    if (value !== undefined) return value
    const near = name.length > 2 ? nearest(name, this.#taken) : undefined
    const hint = this.#reserved.has(name)
      ? 'it is made later: put the nodes in topological order'
      : near && `did you mean '${near}'?`
    throw modelError(node.at, `${node.label} (${node.kind}) uses '${name}', which nothing before it gives`, hint)
  }

  #finish(document: GraphDocument, builder: Builder, scope: Scope): Graph {
    const given = document.outputs.map((output, i) => {
      const value = scope.find(output.name)
      if (value === undefined) throw modelError(output.at, `no node gives the output '${output.name}'`)
      checkDeclared(output, value)
      // Outputs of a model are known by their names; those of a body by their places.
      if (scope.depth === 0 && document.outputs.findIndex(({ name }) => name === output.name) < i)
        throw modelError(output.at, `the output '${output.name}' is listed twice`)
      return value
    })
    const taken = new Set<Value>()
    const free = (value: Value) => value.builder === builder && value.node !== undefined && !taken.has(value)
    // What bears an output's name is that output; others are given through an Identity under their names.
    const fitting = given.map((value, i) => {
      const fits = free(value) && (scope.depth > 0 || value.name === document.outputs[i].name)
      if (fits) taken.add(value)
      return fits
    })
    const results = given.map((value, i) => (fitting[i] ? value : this.#copy(document.outputs[i].name, value, builder)))
    const graph = builder.graph(document.name, Object.fromEntries(results.map((value) => [value.name, value])))
    // A record lists names that look like numbers first (PyTorch's are such): the order is the document's.
    return { ...graph, outputs: results }
  }

  #copy(name: string, value: Value, builder: Builder): Value {
    return builder.node('Identity', [value], {}, [this.#claim(name)])[0]
  }

  /** The name from the file, or one like it where two bodies use the same. */
  #claim(name: string): string {
    const free = this.#taken.has(name) ? this.#unique(name) : name
    this.#taken.add(free)
    return free
  }

  /** A constant that is an output itself leaves the name to the Identity that gives it. */
  #claimConstant(name: string): string {
    return this.#outputNames.has(name) ? this.#unique(name) : this.#claim(name)
  }

  #unique(base: string): string {
    for (let i = 1; ; i++) {
      const name = `${base}_${i}`
      if (this.#reserved.has(name)) continue
      this.#reserved.add(name)
      this.#taken.add(name)
      return name
    }
  }
}

function reserveNames(graph: GraphDocument, names: Set<string>, depth = 0): void {
  if (depth > deepestNesting) return
  for (const { name } of [...graph.inputs, ...graph.outputs, ...graph.constants]) names.add(name)
  for (const node of graph.nodes) {
    for (const name of node.outputs) names.add(name)
    for (const attribute of node.attributes.values())
      if (attribute.type === 'graph') reserveNames(attribute.value, names, depth + 1)
  }
}

/** Open dimensions fit any length. */
function checkDeclared({ name, dtype, dimensions, at }: ValueDocument, value: Value): void {
  const shape: Shape | undefined = dimensions?.map((dimension, i) =>
    typeof dimension === 'number' ? dimension : (value.shape[i] ?? -1),
  )
  if ((dtype === undefined || dtype === value.dtype) && (shape === undefined || sameShape(shape, value.shape))) return
  const declared = `${dtype ?? 'a tensor'}${dimensions === undefined ? '' : `[${dimensions.map((d) => d ?? '?').join(',')}]`}`
  throw new RappelError(
    'shape',
    `${at === '' ? '' : `${at}: `}output '${name}' is declared ${declared}, but its nodes give ${typeText(value)}`,
    'the file contradicts itself, or the lengths given for its open dimensions do not fit',
  )
}
