/** @file Decodes the bytes of an ONNX file into a document, and says what is wrong with bytes that are none. */
import { fromBinary } from '@bufbuild/protobuf'
import { type DType, dtypes, sizeOf, type Tensor, tensor, typeText } from '../base/tensor.ts'
import {
  type AttributeDocument,
  type ConstantDocument,
  type Dimension,
  type GraphDocument,
  type ModelDocument,
  modelError,
  type NodeDocument,
  nodeLabel,
  type ValueDocument,
} from './document.ts'
import { dtypeNumbers } from './op.ts'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  type TypeProto_Tensor,
  type ValueInfoProto,
} from './proto/onnx_pb.ts'

const broken = 'the file is cut or damaged: copy or export it again'

/**
 * Decodes an ONNX file.
 *
 * @param file its name, for messages
 * @throws RappelError 'model' when it is empty, cut, of another kind, or holds what Rappel has no type for
 */
export function decodeModel(bytes: Uint8Array, file: string): ModelDocument {
  const other = otherKind(bytes)
  if (other !== undefined) throw modelError(file, `the file ${other.is}, expected an ONNX model`, other.hint)
  const model = decode(bytes, file)
  if (model.graph === undefined || model.irVersion === 0n)
    throw modelError(file, `its ${bytes.length} bytes hold no whole ONNX model`, broken)
  const own = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')
  if (own === undefined) throw modelError(file, `its ${bytes.length} bytes do not say which opset it uses`, broken)
  return { opset: Number(own.version), graph: new Decoder(file).graph(model.graph) }
}

function decode(bytes: Uint8Array, file: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw modelError(file, `its ${bytes.length} bytes are not a whole ONNX model (${reason})`, broken)
  }
}

/** Bytes that are of another well-known kind. */
function otherKind(bytes: Uint8Array): { is: string; hint?: string } | undefined {
  if (bytes.length === 0) return { is: 'is empty', hint: broken }
  const start = String.fromCharCode(...bytes.subarray(0, 64))
  if (start.startsWith('version https://git-lfs')) return { is: 'is a Git LFS pointer', hint: 'fetch it: git lfs pull' }
  if (start.startsWith('PK'))
    return { is: 'is a zip archive (a PyTorch or Keras file?)', hint: 'export the model: torch.onnx.export, tf2onnx' }
  if (start.startsWith('\x89HDF')) return { is: 'is an HDF5 file (Keras?)', hint: 'export the model with tf2onnx' }
  // An ONNX file begins with the version of its format: a byte 8, which no text holds.
  if (!/^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(start)) return undefined
  const line = (start.split(/[\r\n]/, 1)[0] ?? '').slice(0, 32)
  return { is: `is a text file (it begins with ${JSON.stringify(line)})`, hint: 'give the .onnx file' }
}

/** Names ONNX gives to its data types, by number. */
const dataTypeNames = new Map<number, string>(
  Object.entries(TensorProto_DataType).map(([name, number]) => [Number(number), name.toLowerCase()]),
)

class Decoder {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  graph(graph: GraphProto): GraphDocument {
    const [sparse] = graph.sparseInitializer
    if (sparse !== undefined)
      throw this.#error(`initializer '${sparse.values?.name ?? ''}' is sparse`, 'export it as a dense tensor')
    return {
      name: graph.name,
      inputs: graph.input.map((input) => this.#value(input, 'input')),
      outputs: graph.output.map((output) => this.#value(output, 'output')),
      constants: graph.initializer.map((initializer) => this.#constant(initializer)),
      nodes: graph.node.map((node) => this.#node(node)),
      at: this.#file,
    }
  }

  #error(message: string, hint?: string): Error {
    return modelError(this.#file, message, hint)
  }

  #value({ name, type }: ValueInfoProto, role: string): ValueDocument {
    const what = `${role} '${name}'`
    const kind = type?.value.case
    if (kind !== undefined && kind !== 'tensorType')
      throw this.#error(
        `${what} is a ${kind.replace('Type', '')}, expected a tensor`,
        'skl2onnx: options={"zipmap": False}',
      )
    const tensorType = kind === 'tensorType' ? (type?.value.value as TypeProto_Tensor) : undefined
    const elementType = tensorType?.elemType ?? 0
    return {
      name,
      dtype: elementType === 0 ? undefined : this.#dtype(elementType, what),
      dimensions: tensorType?.shape?.dim.map(({ value }): Dimension => {
        if (value.case === 'dimParam') return value.value === '' ? undefined : value.value
        // Some exporters write −1 for a length that is open.
        if (value.case === undefined || value.value < 0n) return undefined
        return this.#integer(value.value, what)
      }),
      at: this.#file,
    }
  }

  #dtype(number: number, what: string): DType {
    const dtype = dtypes.find((candidate) => dtypeNumbers[candidate] === number)
    if (dtype !== undefined) return dtype
    const name = dataTypeNames.get(number) ?? `of the unknown type ${number}`
    const hint = name === 'float16' || name === 'bfloat16' ? 'convert the model to float32' : undefined
    throw this.#error(`${what} is ${name}, expected one of ${dtypes.join(', ')}`, hint)
  }

  #integer(value: bigint, what: string): number {
    const number = Number(value)
    if (Number.isSafeInteger(number)) return number
    throw this.#error(`${what} holds the number ${value}, expected one below 2^53`, broken)
  }

  #constant(proto: TensorProto): ConstantDocument {
    return { name: proto.name, data: this.#tensor(proto, `initializer '${proto.name}'`), at: this.#file }
  }

  #tensor(proto: TensorProto, what: string): Tensor {
    if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL || proto.externalData.length > 0)
      throw this.#error(
        `${what} lies outside the file`,
        "put it inside: onnx.save(onnx.load('model.onnx'), 'whole.onnx')",
      )
    const dtype = this.#dtype(proto.dataType, what)
    const shape = proto.dims.map((dim) => this.#integer(dim, what))
    if (shape.some((dim) => dim < 0)) throw this.#error(`${what} has the shape [${shape}]`, broken)
    const type = typeText({ dtype, shape })
    const size = sizeOf(shape)
    if (proto.rawData.length > 0) {
      const expected = size * tensor(dtype, [0]).data.BYTES_PER_ELEMENT
      if (proto.rawData.length !== expected)
        throw this.#error(`${what} is ${type} and holds ${proto.rawData.length} bytes, expected ${expected}`, broken)
      return rawTensor(dtype, shape, proto.rawData)
    }
    const values = typedValues(proto, dtype)
    if (values.length !== size)
      throw this.#error(`${what} is ${type} and holds ${values.length} values, expected ${size}`, broken)
    return typedTensor(dtype, shape, values)
  }

  #node(node: NodeProto): NodeDocument {
    const label = nodeLabel(node.name, node.output)
    const attributes = node.attribute.map((proto) => [proto.name, this.#attribute(proto, label)] as const)
    return {
      kind: node.opType,
      domain: node.domain,
      label,
      inputs: node.input,
      outputs: node.output,
      attributes: new Map(attributes),
      at: this.#file,
    }
  }

  #attribute(proto: AttributeProto, label: string): AttributeDocument {
    const what = `${label} with the attribute '${proto.name}'`
    const type = AttributeProto_AttributeType
    const { t, g } = proto
    if (proto.refAttrName !== '') throw this.#error(`${what} refers to a function's attribute`)
    if (proto.type === type.FLOAT) return { type: 'float', value: proto.f }
    if (proto.type === type.INT) return { type: 'int', value: proto.i }
    if (proto.type === type.STRING) return { type: 'string', value: new TextDecoder().decode(proto.s) }
    if (proto.type === type.FLOATS) return { type: 'floats', value: proto.floats }
    if (proto.type === type.INTS) return { type: 'ints', value: proto.ints }
    if (proto.type === type.STRINGS)
      return { type: 'strings', value: proto.strings.map((value) => new TextDecoder().decode(value)) }
    if (proto.type === type.TENSOR && t !== undefined) return { type: 'tensor', value: this.#tensor(t, what) }
    if (proto.type === type.GRAPH && g !== undefined) return { type: 'graph', value: this.graph(g) }
    throw this.#error(`${what} has no value of a type that Rappel knows`, broken)
  }
}

function rawTensor(dtype: DType, shape: readonly number[], raw: Uint8Array): Tensor {
  // A copy of its own: the bytes in the file are not aligned.
  const result = tensor(dtype, shape)
  new Uint8Array(result.data.buffer).set(raw)
  if (dtype === 'bool') result.data.forEach((value, i) => (result.data[i] = value === 0 ? 0 : 1))
  return result
}

/** The field of a tensor that holds values of a dtype, when they are not raw bytes (onnx.proto, TensorProto). */
function typedValues(proto: TensorProto, dtype: DType): readonly (number | bigint)[] {
  if (dtype === 'float32') return proto.floatData
  if (dtype === 'float64') return proto.doubleData
  if (dtype === 'int64') return proto.int64Data
  return proto.int32Data
}

function typedTensor(dtype: DType, shape: readonly number[], values: readonly (number | bigint)[]): Tensor {
  const result = tensor(dtype, shape)
  values.forEach((value, i) => {
    result.data[i] = dtype === 'bool' ? Number(value !== 0) : value
  })
  return result
}
