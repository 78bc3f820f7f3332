/** @file The safetensors format (huggingface.co/docs/safetensors): a JSON header with offsets, then the bytes. */
import type { DType } from '../base/tensor.ts'
import type { Graph } from '../graph/types.ts'

const dtypeNames: Record<DType, string> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  int64: 'I64',
  uint8: 'U8',
  bool: 'BOOL',
}

/** The parameters of a model (its float constants) as a safetensors file. */
export function safetensors(graph: Graph): Uint8Array {
  const tensors = graph.constants.flatMap(({ name, constant }) =>
    constant === undefined || constant.dtype === 'int64' ? [] : [{ name, ...constant }],
  )
  let offset = 0
  const entries = tensors.map(({ name, dtype, shape, data }) => {
    const start = offset
    offset += data.byteLength
    return [name, { dtype: dtypeNames[dtype], shape, data_offsets: [start, offset] }]
  })
  const json = JSON.stringify(Object.fromEntries(entries))
  // The data start on 8 bytes; spaces at the header's end are part of the format.
  const header = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8))
  const file = new Uint8Array(8 + header.length + offset)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, 8)
  let at = 8 + header.length
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return file
}
