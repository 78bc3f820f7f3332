/** @file Run by record-file.test.ts: reads a 64 MB file as a run would, prints by how many bytes the process grew. Argument: where to write it. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { shift } from '../../../src/data/augment.ts'
import { augmented } from '../../../src/data/augmented.ts'
import { Batches } from '../../../src/data/batches.ts'
import { recordFile } from '../../../src/data/readers/record-file.ts'
import { split } from '../../../src/data/split.ts'
import { fitStandardisation } from '../../../src/data/standardise.ts'

const [path] = process.argv.slice(2)
const [rows, recordBytes] = [2 ** 16, 2 ** 10]
const part = new Uint8Array(2 ** 20).map((_, i) => (i % recordBytes === 0 ? (i / recordBytes) % 10 : i % 251))
const descriptor = openSync(path, 'w')
for (let i = 0; i < (rows * recordBytes) / part.length; i++) writeSync(descriptor, part)
closeSync(descriptor)

const fields = {
  path,
  inputs: { at: 1, dtype: 'uint8', shape: [1, 31, 33] },
  targets: { dtype: 'uint8' },
  sameUnit: true,
} as const

/** As the loop does: one epoch of batches into arrays that are kept. */
async function epoch(): Promise<number> {
  const source = await recordFile(fields).load()
  const { training } = split(source, { seed: 1 })
  const batches = new Batches(fitStandardisation(training).apply(augmented(training, shift(1), 1)), {
    batchSize: 128,
    seed: 1,
  })
  const [inputs, targets] = [new Float32Array(128 * 1023), new Int32Array(128)]
  for (let batch = 0; batch < batches.plan.count; batch++) batches.fill(0, batch, inputs, targets)
  return source.rows
}

globalThis.gc?.()
const before = process.memoryUsage().rss
const read = await epoch()
const grown = process.resourceUsage().maxRSS * 1024 - before
console.log(JSON.stringify({ grown, fileBytes: rows * recordBytes, rows: read }))
