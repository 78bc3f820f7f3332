/** @file Unpacks Snappy (format_description.txt of google/snappy): literals, and copies of what came before. */

/**
 * @param length bytes that it must give; a multiple of `input.length` that Snappy can reach (about 22) is checked first
 * @returns undefined when the input is damaged
 */
export function unsnappy(input: Uint8Array, length: number): Uint8Array | undefined {
  // The best that it does is 64 bytes from a copy of three.
  if (length > 24 * input.length) return undefined
  const output = new Uint8Array(length)
  let at = 0
  // The length in base 128 comes first; the page's header has said it already.
  while (at < 5 && input[at++] >= 0x80);
  let filled = 0
  while (at < input.length) {
    const tag = input[at++]
    if ((tag & 3) === 0) {
      const bytes = Math.max((tag >> 2) - 59, 0)
      const size = 1 + (bytes === 0 ? tag >> 2 : little(input, at, bytes))
      at += bytes
      if (at + size > input.length || filled + size > length) return undefined
      output.set(input.subarray(at, at + size), filled)
      at += size
      filled += size
      continue
    }
    const bytes = (tag & 3) === 3 ? 4 : tag & 3
    const size = bytes === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    const back = little(input, at, bytes) + (bytes === 1 ? (tag >> 5) * 256 : 0)
    at += bytes
    if (at > input.length || back === 0 || back > filled || filled + size > length) return undefined
    // Byte by byte: a copy may repeat what it is writing.
    for (let i = 0; i < size; i++, filled++) output[filled] = output[filled - back]
  }
  return filled === length ? output : undefined
}

/** An unsigned number of one to four bytes. */
function little(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}
