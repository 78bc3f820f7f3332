/** @file The text form of graphs, in ONNX's own syntax (onnx.parser and onnx.printer read and write it too). */
import { isFloat, type Tensor } from '../base/tensor.ts'
import { assemble, type ReadOptions } from './assemble.ts'
import { dtypeWords, irVersion } from './document.ts'
import { OPSET } from './graph.ts'
import { usedValues, writtenOutputs } from './left_out.ts'
import { parseDocument } from './text_parse.ts'
import type { AttributeType, AttributeValue, Graph, Node, Operators, Value, ValueType } from './types.ts'

/**
 * A whole model as text: the header with versions, then the graph. `parseGraph` makes the same graph of it again, with the
 * same names, order and constants, bit by bit (only a NaN loses its payload).
 */
export function printGraph(graph: Graph): string {
  return `<ir_version: ${irVersion}, opset_import: ["" : ${OPSET}]>\n${graphText(graph)}\n`
}

/** A graph as text without the header: for tests' snapshots and for reading. `parseGraph` reads it too. */
export function graphText(graph: Graph): string {
  return lines(graph).join('\n')
}

/**
 * Reads a graph from its text form; without a header it is taken to be in opset 20. Operators of other opsets are rewritten
 * as when a file is read (`readModel`).
 *
 * @throws RappelError 'model', 'shape' or 'op' with line and column, what was found and what was expected
 */
export function parseGraph(text: string, operators: Operators, options: ReadOptions = {}): Graph {
  return assemble(parseDocument(text), operators, options)
}

type PlainValue = Exclude<AttributeValue, Graph>

function lines(graph: Graph): string[] {
  const { name, inputs, outputs, constants, nodes } = graph
  const used = usedValues(graph)
  const list = (values: readonly Value[]) => values.map((value) => `${typeOf(value)} ${word(value.name)}`).join(', ')
  const head = `${word(name)} (${list(inputs)}) => (${list(outputs)})`
  const last = constants.length - 1
  const initializers = constants.map(
    (value, i) =>
      `  ${typeOf(value)} ${word(value.name)} = {${elements(value.constant as Tensor)}}${i === last ? '' : ','}`,
  )
  const top = constants.length === 0 ? [`${head} {`] : [`${head} <`, ...initializers, '> {']
  return [
    ...top,
    ...nodes.flatMap((node) => nodeLines(node, writtenOutputs(node, used))).map((line) => `  ${line}`),
    '}',
  ]
}

function nodeLines({ kind, inputs, outputs, attributes }: Node, outputNames: readonly string[]): string[] {
  const types = outputs[0].builder.operators[kind].attributes
  const entries = Object.entries(attributes)
  const plain = entries.filter((entry): entry is [string, PlainValue] => !isGraph(entry[1]))
  const graphs = entries.filter((entry): entry is [string, Graph] => isGraph(entry[1]))
  const written = plain.map(([name, value]) => `${name}: ${types[name]} = ${attributeText(value, types[name])}`)
  const before = written.length === 0 ? '' : `<${written.join(', ')}> `
  const names = inputs.map((value) => word(value?.name ?? '')).join(', ')
  const start = `${outputNames.map(word).join(', ')} = ${kind} ${before}(${names})`
  if (graphs.length === 0) return [start]
  // Graphs stand behind the inputs, as onnx.printer has them.
  const bodies = graphs.flatMap(([name, body], i) => {
    const [first, ...rest] = lines(body)
    const end = i === graphs.length - 1 ? '>' : ','
    return [`${i === 0 ? `${start} <` : ''}${name}: graph = ${first}`, ...rest.slice(0, -1), `${rest.at(-1)}${end}`]
  })
  return bodies
}

function isGraph(value: AttributeValue): value is Graph {
  return typeof value === 'object' && 'nodes' in value
}

function attributeText(value: PlainValue, type: AttributeType): string {
  if (typeof value === 'number') return type === 'float' ? floatText(value, 'float32') : numberText(value)
  if (typeof value === 'string') return quoted(value)
  return 'dtype' in value ? `${typeOf(value)} {${elements(value)}}` : `[${value.join(', ')}]`
}

/** `float[2,3]`; a scalar is `float`. */
function typeOf({ dtype, shape }: ValueType): string {
  return shape.length === 0 ? dtypeWords[dtype] : `${dtypeWords[dtype]}[${shape.join(',')}]`
}

/** A name as it is when it is a plain word, in quotes otherwise. */
function word(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : quoted(name)
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function elements({ dtype, data }: Tensor): string {
  if (!isFloat(dtype)) return data.join(', ')
  return Array.from(data as Float32Array | Float64Array, (value) => floatText(value, dtype)).join(', ')
}

/** The shortest decimal that reads back as the same number of the dtype. */
function floatText(value: number, dtype: 'float32' | 'float64'): string {
  // float32 holds whole numbers below 2^24 exactly.
  const whole = Number.isInteger(value) && Math.abs(value) < 2 ** 24
  if (dtype === 'float64' || whole || !Number.isFinite(value)) return numberText(value)
  // Six digits, or more, as long as they do not suffice; or fewer, as long as they do. Nine always suffice.
  const decimal = (digits: number) => Number(value.toPrecision(digits))
  const suffices = (digits: number) => Math.fround(decimal(digits)) === value
  let digits = 6
  while (!suffices(digits)) digits++
  while (digits > 1 && suffices(digits - 1)) digits--
  return numberText(decimal(digits))
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf'
}
