/** @file A hash of what a data set holds: two runs with the same one learnt from the same numbers. */
import { sizeOf } from '../base/tensor.ts'
import { type Examples, featureShapeOf, isRowSource, rowsOf, targetShapeOf } from './dataset.ts'

/** Rows of a source that are read for its hash, evenly over it: the rest may lie on a slow disk. */
const sampledRows = 256
/** Bytes that are hashed at once: so much is copied. */
const partBytes = 2 ** 24

/**
 * SHA-256 of inputs, targets, their shapes and the classes' names, in the order of the rows. Of a row source with more than 256 rows
 * it covers 256 of them, evenly spaced, and the labels of all; augmentation is left out.
 *
 * @returns `sha256:` and 64 hexadecimal digits, `sha256-of-256-rows:` where only so many were read. The same examples have the same
 *   hash in memory and as a source, as long as all rows are read
 * @throws RappelError 'data' when rows cannot be read
 */
export async function dataHash(data: Examples): Promise<string> {
  const rows = rowsOf(data)
  const read = isRowSource(data) ? Math.min(rows, sampledRows) : rows
  const { inputs, targets } = valuesOf(data, read)
  const head = {
    task: data.task,
    rows,
    features: featureShapeOf(data),
    targets: targetShapeOf(data),
    ...(data.task === 'classification' && { classes: data.classes }),
  }
  const parts = [new TextEncoder().encode(JSON.stringify(head)), inputs, targets]
  const digests: string[] = []
  for (const part of parts) {
    const { buffer, byteOffset, byteLength } = part
    for (let at = 0; at < byteLength; at += partBytes)
      digests.push(await sha256(new Uint8Array(buffer, byteOffset + at, Math.min(partBytes, byteLength - at))))
  }
  const whole = await sha256(new TextEncoder().encode(digests.join('\n')))
  return `sha256${read < rows ? `-of-${read}-rows` : ''}:${whole}`
}

interface Values {
  readonly inputs: Float32Array<ArrayBuffer>
  readonly targets: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>
}

/** Inputs and targets, as a data set in memory has them; labels are those of all rows. */
function valuesOf(data: Examples, count: number): Values {
  if (!isRowSource(data)) return { inputs: data.inputs.data, targets: data.targets.data } as Values
  const chosen = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * data.rows) / count))
  const inputs = new Float32Array(count * sizeOf(data.featureShape))
  const width = sizeOf(targetShapeOf(data))
  const targets = data.task === 'regression' ? new Float32Array(count * width) : new Int32Array(count)
  data.read(chosen, 0, count, inputs, targets)
  return { inputs, targets: data.task === 'classification' ? (data.labels as Int32Array<ArrayBuffer>) : targets }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
