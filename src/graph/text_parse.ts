/** @file Parses ONNX's text form into a document. The grammar is that of onnx/defs/parser.h (ONNX 1.23). */
import { suggestion } from '../base/errors.ts'
import { type DType, dtypes, type Tensor } from '../base/tensor.ts'
import {
  type AttributeDocument,
  type ConstantDocument,
  type Dimension,
  dtypeWords,
  type GraphDocument,
  type ModelDocument,
  modelError,
  type NodeDocument,
  nodeLabel,
  type ValueDocument,
} from './document.ts'
import { OPSET } from './graph.ts'
import { scanElements, scanFloat, scanInteger, scanLength, scanWhole } from './text_literals.ts'
import { Scanner } from './text_scanner.ts'

const deepestNesting = 32

/**
 * Parses a model (header and graph) or a graph alone.
 *
 * @throws RappelError 'model' with line and column, what was found and what was expected
 */
export function parseDocument(text: string): ModelDocument {
  const parser = new Parser(new Scanner(text))
  const opset = parser.header()
  const graph = parser.graph(0)
  parser.end()
  return { opset, graph }
}

const wordOf = (dtype: DType) => dtypeWords[dtype]

const attributeTypes = ['int', 'ints', 'float', 'floats', 'string', 'strings', 'tensor', 'graph'] as const

class Parser {
  readonly #scanner: Scanner

  constructor(scanner: Scanner) {
    this.#scanner = scanner
  }

  end(): void {
    if (!this.#scanner.ended) throw this.#scanner.error('the end of the text (functions are not supported)')
  }

  /** `<ir_version: 9, opset_import: ["" : 20], …>`; gives the opset. */
  header(): number {
    let opset = OPSET
    if (!this.#scanner.accepts('<')) return opset
    this.#scanner.list('>', () => {
      const key = this.#scanner.word()
      if (key === undefined) throw this.#scanner.error("a field of the header, as in 'ir_version: 9'")
      this.#scanner.expect(':')
      if (key === 'opset_import') opset = this.#opset() ?? opset
      else if (key === 'metadata_props') this.#pairs(() => this.#text())
      else if (this.#scanner.quoted() === undefined && this.#scanner.number() === undefined)
        throw this.#scanner.error('a number or a quoted text')
    })
    return opset
  }

  graph(depth: number): GraphDocument {
    const at = this.#scanner.place
    if (depth > deepestNesting) throw modelError(at, `graphs are nested deeper than ${deepestNesting} levels`)
    const name = this.#scanner.name('the name of a graph')
    const constants: ConstantDocument[] = []
    this.#scanner.expect('(')
    const inputs: ValueDocument[] = []
    this.#scanner.list(')', () => {
      const value = this.#value()
      inputs.push(value)
      if (this.#scanner.accepts('=')) constants.push(this.#constant(value))
    })
    this.#scanner.expect('=>')
    this.#scanner.expect('(')
    const outputs = this.#scanner.list(')', () => this.#value())
    if (this.#scanner.accepts('<'))
      this.#scanner.list('>', () => {
        // Without data it only says the type of a value that a node gives, which is inferred anyway.
        const value = this.#value()
        if (this.#scanner.accepts('=')) constants.push(this.#constant(value))
      })
    this.#scanner.expect('{')
    const nodes: NodeDocument[] = []
    while (!this.#scanner.accepts('}')) nodes.push(this.#node(depth))
    return { name, inputs, outputs, constants, nodes, at }
  }

  #pairs<T>(value: () => T): [string, T][] {
    this.#scanner.expect('[')
    return this.#scanner.list(']', () => {
      const key = this.#text()
      this.#scanner.expect(':')
      return [key, value()]
    })
  }

  #opset(): number | undefined {
    const versions = new Map(this.#pairs(() => scanInteger(this.#scanner, 'the version of an opset')))
    return versions.get('') ?? versions.get('ai.onnx')
  }

  #text(): string {
    const text = this.#scanner.quoted()
    if (text === undefined) throw this.#scanner.error('a quoted text')
    return text
  }

  /** `float[2,3] x`; the type may be missing. */
  #value(): ValueDocument {
    const at = this.#scanner.place
    const typed = this.#scanner.attempt((): ValueDocument | undefined => {
      const type = this.#type()
      const name = type && (this.#scanner.quoted() ?? this.#scanner.word())
      return type && name !== undefined ? { ...type, name, at } : undefined
    })
    if (typed !== undefined) return typed
    return { name: this.#scanner.name('a type and a name'), dtype: undefined, dimensions: undefined, at }
  }

  /** `float[2,N,?]`; undefined when what comes is no type, but a name. */
  #type(): { dtype: DType; dimensions: readonly Dimension[] | undefined } | undefined {
    const at = this.#scanner.place
    const word = this.#scanner.word()
    if (word === undefined) return undefined
    const dtype = dtypes.find((candidate) => dtypeWords[candidate] === word)
    const isType = this.#scanner.sees('[') || this.#scanner.seesName
    if (dtype === undefined) {
      if (!isType) return undefined
      throw modelError(at, `the type ${word} is not supported`, suggestion(word, dtypes.map(wordOf)))
    }
    if (!this.#scanner.accepts('[')) return { dtype, dimensions: [] }
    // ONNX: empty brackets mean that the rank is not known.
    if (this.#scanner.accepts(']')) return { dtype, dimensions: undefined }
    return { dtype, dimensions: this.#scanner.list(']', () => this.#dimension()) }
  }

  #dimension(): Dimension {
    if (this.#scanner.accepts('?')) return undefined
    const name = this.#scanner.quoted() ?? this.#scanner.word()
    if (name !== undefined) return name
    return scanLength(this.#scanner, 'a length, a name or ?')
  }

  #constant({ name, dtype, dimensions, at }: ValueDocument): ConstantDocument {
    const shape = dimensions?.filter((dimension) => typeof dimension === 'number')
    if (dtype === undefined || shape === undefined || shape.length !== dimensions?.length)
      throw modelError(at, `the constant '${name}' has no full type, expected one like float[2,3]`)
    return { name, data: scanElements(this.#scanner, dtype, shape), at }
  }

  /** `[name] y, z = domain.Kind <attributes> (a, b) <attributes>` */
  #node(depth: number): NodeDocument {
    const at = this.#scanner.place
    let name = ''
    if (this.#scanner.accepts('[')) {
      name = this.#scanner.name('the name of a node')
      this.#scanner.expect(']')
    }
    const outputs = this.#scanner.list('=', () => this.#scanner.name("the name of an output, or '}'"))
    const path = [this.#kind()]
    while (this.#scanner.accepts('.')) path.push(this.#kind())
    const attributes = new Map<string, AttributeDocument>()
    if (this.#scanner.accepts('<')) this.#attributes(attributes, depth)
    this.#scanner.expect('(')
    const inputs = this.#scanner.list(')', () => this.#input())
    if (this.#scanner.accepts('<')) this.#attributes(attributes, depth)
    const label = nodeLabel(name, outputs)
    return { kind: path.at(-1) ?? '', domain: path.slice(0, -1).join('.'), label, inputs, outputs, attributes, at }
  }

  /** Nothing between two commas is an optional input that is left out, as "" is. */
  #input(): string {
    const empty = this.#scanner.sees(',') || this.#scanner.sees(')')
    return empty ? '' : this.#scanner.name("an input or ')'")
  }

  #kind(): string {
    const kind = this.#scanner.word()
    if (kind === undefined) throw this.#scanner.error('the name of an operator')
    return kind
  }

  #attributes(attributes: Map<string, AttributeDocument>, depth: number): void {
    this.#scanner.list('>', () => {
      const at = this.#scanner.place
      const name = this.#scanner.word()
      if (name === undefined) throw this.#scanner.error('the name of an attribute')
      if (attributes.has(name)) throw modelError(at, `the attribute '${name}' is given twice`)
      const type = this.#scanner.accepts(':') ? this.#attributeType() : undefined
      this.#scanner.expect('=')
      attributes.set(name, this.#attribute(type ?? this.#scanner.lookAhead(() => this.#guessType()), depth))
    })
  }

  #attributeType(): AttributeDocument['type'] {
    const at = this.#scanner.place
    const word = this.#scanner.word()
    if (word === undefined) throw this.#scanner.error('the type of an attribute')
    const type = attributeTypes.find((candidate) => candidate === word)
    if (type !== undefined) return type
    throw modelError(at, `found ${word}, expected the type of an attribute`, suggestion(word, attributeTypes))
  }

  /** The type of an attribute that does not say it, from how its value begins. */
  #guessType(): AttributeDocument['type'] {
    const many = this.#scanner.accepts('[')
    if (this.#scanner.quoted() !== undefined) return many ? 'strings' : 'string'
    const number = this.#scanner.number()
    if (number !== undefined && /^[+-]?\d+$/.test(number)) return many ? 'ints' : 'int'
    if (number !== undefined) return many ? 'floats' : 'float'
    if (many) throw this.#scanner.error('a number or a quoted text (an empty list needs its type)')
    const word = this.#scanner.word()
    return dtypes.some((dtype) => dtypeWords[dtype] === word) ? 'tensor' : 'graph'
  }

  #attribute(type: AttributeDocument['type'], depth: number): AttributeDocument {
    if (type === 'int') return { type, value: scanWhole(this.#scanner, 'int64') }
    if (type === 'float') return { type, value: scanFloat(this.#scanner, 'float32') }
    if (type === 'string') return { type, value: this.#text() }
    if (type === 'graph') return { type, value: this.graph(depth + 1) }
    if (type === 'tensor') return { type, value: this.#tensorLiteral() }
    this.#scanner.expect('[')
    if (type === 'strings') return { type, value: this.#scanner.list(']', () => this.#text()) }
    if (type === 'floats') return { type, value: this.#scanner.list(']', () => scanFloat(this.#scanner, 'float32')) }
    return { type, value: this.#scanner.list(']', () => scanWhole(this.#scanner, 'int64')) }
  }

  /** `float[2] name {1, 2}`; the name may be missing. */
  #tensorLiteral(): Tensor {
    const { place } = this.#scanner
    const word = this.#scanner.word()
    const dtype = dtypes.find((candidate) => dtypeWords[candidate] === word)
    if (dtype === undefined)
      throw modelError(
        place,
        `found ${word ?? 'no type'}, expected the type of a tensor`,
        `one of: ${dtypes.map(wordOf).join(', ')}`,
      )
    const shape = this.#scanner.accepts('[') ? this.#scanner.list(']', () => scanLength(this.#scanner, 'a length')) : []
    if (!this.#scanner.sees('{')) this.#scanner.name("'{'")
    return scanElements(this.#scanner, dtype, shape)
  }
}
