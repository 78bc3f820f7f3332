/** @file Small files of each format, written by hand from the specifications: independent of the readers. */
import { crc32, deflateRawSync } from 'node:zlib'

const big32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const little = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256)

/** An idx file. @param code the type's byte: 8 uint8, 9 int8, 11 int16, 12 int32, 13 float, 14 double */
export function idx(code: number, shape: readonly number[], values: Iterable<number>): Uint8Array {
  return Uint8Array.from([0, 0, code, shape.length, ...shape.flatMap(big32), ...values])
}

/** MNIST's pair of files: image i is filled with i, its label is i modulo 10. */
export function mnistFiles(prefix: string, images: number): Record<string, Uint8Array> {
  const pixels = Array.from({ length: images * 784 }, (_, i) => Math.floor(i / 784) % 256)
  return {
    [`${prefix}-images-idx3-ubyte`]: idx(8, [images, 28, 28], pixels),
    [`${prefix}-labels-idx1-ubyte`]: idx(
      8,
      [images],
      Array.from({ length: images }, (_, i) => i % 10),
    ),
  }
}

/** Records of CIFAR: the labels, then 1,024 red, green and blue values, which are 1, 2 and 3 plus the record's number. */
export function cifar(labels: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((one, row) => [...one, ...Array.from({ length: 3072 }, (_, i) => 1 + row + Math.floor(i / 1024))]),
  )
}

/** A .npy file with a header of one's own. */
export function npy(header: string, values: readonly number[] | Uint8Array, version = 1): Uint8Array {
  const length = little(header.length, version === 1 ? 2 : 4)
  return Uint8Array.from([
    0x93,
    ...Buffer.from('NUMPY'),
    version,
    0,
    ...length,
    ...Buffer.from(header, 'latin1'),
    ...values,
  ])
}

/** What numpy writes of an array of bytes. */
export function byteArray(shape: readonly number[], values: readonly number[]): Uint8Array {
  return npy(`{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }\n`, values)
}

/** A zip file of entries that are stored, or deflated. */
export function zip(entries: Readonly<Record<string, Uint8Array>>, deflated = false): Uint8Array {
  const local: number[] = []
  const directory: number[] = []
  for (const [name, content] of Object.entries(entries)) {
    const packed = deflated ? deflateRawSync(content) : content
    const common = [
      0,
      0,
      deflated ? 8 : 0,
      0,
      0,
      0,
      0,
      0,
      ...[crc32(content), packed.length, content.length].flatMap((value) => little(value, 4)),
      ...little(name.length, 2),
      0,
      0,
    ]
    directory.push(
      0x50,
      0x4b,
      1,
      2,
      20,
      0,
      20,
      0,
      ...common,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...little(local.length, 4),
      ...Buffer.from(name),
    )
    local.push(0x50, 0x4b, 3, 4, 20, 0, ...common, ...Buffer.from(name), ...packed)
  }
  const count = little(Object.keys(entries).length, 2)
  const end = [
    0x50,
    0x4b,
    5,
    6,
    0,
    0,
    0,
    0,
    ...count,
    ...count,
    ...little(directory.length, 4),
    ...little(local.length, 4),
    0,
    0,
  ]
  return Uint8Array.from([...local, ...directory, ...end])
}
