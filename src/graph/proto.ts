/** @file The protobuf form of graphs: ONNX model files, written and read. */
import { create, toBinary } from '@bufbuild/protobuf'
import { RappelError } from '../base/errors.ts'
import { bytesPerElement, sizeOf, type Tensor } from '../base/tensor.ts'
import { assemble, type ReadOptions } from './assemble.ts'
import { irVersion } from './document.ts'
import { OPSET } from './graph.ts'
import { usedValues, writtenOutputs } from './left_out.ts'
import { dtypeNumbers } from './op.ts'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './proto/onnx_pb.ts'
import { decodeModel } from './proto_decode.ts'
import type { AttributeValue, Graph, Node, Operators, Value } from './types.ts'

/** Protobuf's limit on a message. */
const mostBytes = 2 ** 31 - 1

export interface WriteOptions {
  /** Version of Rappel, or of whatever made the model. */
  readonly producerVersion?: string
  /** Texts by name, kept in the file. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Dimensions as they are declared for an input or output of the graph, where some are open: `['batch', 10]`. */
  readonly dimensionNames?: (value: Value) => readonly (string | number)[]
}

/**
 * The bytes of an ONNX model file.
 *
 * @throws RappelError 'model' when the constants do not fit into one file (2 GiB)
 */
export function writeModel(graph: Graph, options: WriteOptions = {}): Uint8Array<ArrayBuffer> {
  const size = constantBytes(graph)
  if (size > mostBytes)
    throw new RappelError(
      'model',
      `the constants of '${graph.name}' take ${size} bytes, one ONNX file holds ${mostBytes}`,
    )
  const declared = options.dimensionNames ?? ((value: Value) => value.shape)
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName: 'rappel',
    graph: graphProto(graph, declared),
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
  })
  if (options.producerVersion !== undefined) model.producerVersion = options.producerVersion
  const body = toBinary(ModelProtoSchema, model)
  // Fields may stand in any order. The opset comes last, so that a file cut anywhere lacks it and is found out.
  const end = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { opsetImport: [{ domain: '', version: BigInt(OPSET) }] }),
  )
  const bytes = new Uint8Array(body.length + end.length)
  bytes.set(body)
  bytes.set(end, body.length)
  return bytes
}

/** What reading a file can be told. */
export interface ReadModelOptions extends ReadOptions {
  /** Name of the file, for messages. */
  readonly file?: string
}

/**
 * Reads an ONNX model file: one that `writeModel` wrote, or one from another program in opset 13 to 21. Operators that
 * are not ours but can be said with ours are rewritten (src/graph/normalise.ts).
 *
 * @throws RappelError 'model', 'shape' or 'op' that names the file, and the node where there is one: when the bytes are not
 *   a whole ONNX model, when it uses what Rappel does not know, when a dimension is open and its length not given
 */
export function readModel(bytes: Uint8Array, operators: Operators, options: ReadModelOptions = {}): Graph {
  return assemble(decodeModel(bytes, options.file ?? 'the model'), operators, options)
}

function constantBytes(graph: Graph): number {
  const own = graph.constants.reduce((sum, value) => sum + sizeOf(value.shape) * bytesPerElement(value.dtype), 0)
  const attributes = graph.nodes.flatMap((node) => Object.values(node.attributes))
  return attributes.reduce<number>((sum, value) => sum + (isGraph(value) ? constantBytes(value) : 0), own)
}

function isGraph(value: AttributeValue): value is Graph {
  return typeof value === 'object' && 'nodes' in value
}

function graphProto(graph: Graph, declared: (value: Value) => readonly (string | number)[]): GraphProto {
  const { name, inputs, outputs, constants, nodes } = graph
  const used = usedValues(graph)
  return create(GraphProtoSchema, {
    name,
    input: inputs.map((value) => valueProto(value, declared(value))),
    output: outputs.map((value) => valueProto(value, declared(value))),
    initializer: constants.map((value) => tensorProto(value.name, value.constant as Tensor)),
    node: nodes.map((node) => nodeProto(node, writtenOutputs(node, used))),
  })
}

function valueProto({ name, dtype }: Value, dimensions: readonly (string | number)[]): ValueInfoProto {
  const dim = dimensions.map((dimension) => ({
    value:
      typeof dimension === 'string'
        ? { case: 'dimParam' as const, value: dimension }
        : { case: 'dimValue' as const, value: BigInt(dimension) },
  }))
  const type = { value: { case: 'tensorType' as const, value: { elemType: dtypeNumbers[dtype], shape: { dim } } } }
  return create(ValueInfoProtoSchema, { name, type })
}

function tensorProto(name: string, { dtype, shape, data }: Tensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: dtypeNumbers[dtype],
    // ONNX wants little-endian bytes, which every machine that the runtime supports has.
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  })
}

function nodeProto({ kind, inputs, outputs, attributes }: Node, written: readonly string[]): NodeProto {
  const { operators } = outputs[0].builder
  return create(NodeProtoSchema, {
    opType: kind,
    // Runtimes and viewers call the node by its name.
    name: outputs[0].name,
    input: inputs.map((value) => value?.name ?? ''),
    output: [...written],
    attribute: Object.entries(attributes).map(([name, value]) =>
      attributeProto(name, value, operators[kind].attributes[name] === 'float'),
    ),
  })
}

function attributeProto(name: string, value: AttributeValue, isFloat: boolean): AttributeProto {
  const type = AttributeProto_AttributeType
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: type.STRING, s: new TextEncoder().encode(value) })
  if (typeof value === 'number')
    return isFloat
      ? create(AttributeProtoSchema, { name, type: type.FLOAT, f: value })
      : create(AttributeProtoSchema, { name, type: type.INT, i: BigInt(value) })
  if (isGraph(value))
    return create(AttributeProtoSchema, { name, type: type.GRAPH, g: graphProto(value, ({ shape }) => shape) })
  if ('dtype' in value) return create(AttributeProtoSchema, { name, type: type.TENSOR, t: tensorProto('', value) })
  return create(AttributeProtoSchema, { name, type: type.INTS, ints: value.map(BigInt) })
}
