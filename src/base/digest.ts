/** @file A digest of bytes: to find out whether they have changed, not to keep anyone from changing them. */

/**
 * 64 bits as 16 hexadecimal digits: two hashes over 32-bit words, FNV-1a and a rotating one, each finished by MurmurHash3's mixer.
 * A change within one word always changes both, since every step is one to one.
 */
export function digest(bytes: Uint8Array): string {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, Math.floor(bytes.length / 4))
  let a = 0x811c9dc5
  let b = 0x01234567
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(a ^ words[i], 0x01000193)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ words[i], 0x85ebca6b)
  }
  for (const rest of [...bytes.subarray(words.length * 4), bytes.length]) {
    a = Math.imul(a ^ rest, 0x01000193)
    b = Math.imul(((b << 13) | (b >>> 19)) ^ rest, 0x85ebca6b)
  }
  return [a, b].map((half) => (mixed(half) >>> 0).toString(16).padStart(8, '0')).join('')
}

function mixed(half: number): number {
  let h = Math.imul(half ^ (half >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
