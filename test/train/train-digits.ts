/** @file Run by same-bits.test.ts: trains on digits with dropout in both forms, prints a digest of the parameters of each. Arguments: seed, threads. */
import { createHash } from 'node:crypto'
import { nativeEngine } from '../../src/engine/native.ts'
import { runTraining } from '../../src/train/loop.ts'
import { digitsPlan } from './nets.ts'

const [seed, threads] = process.argv.slice(2).map(Number)
const engine = await nativeEngine()
const digests: Record<string, string> = {}
for (const form of ['wasm', 'nodes'] as const) {
  const { parameters, outcome, start } = await runTraining(
    digitsPlan(seed, { dropout: 0.25, epochs: 3, threads }),
    engine,
    { form },
  )
  if (outcome.reason !== 'finished' || start.threads !== threads || start.form !== form)
    throw new Error(`not the run that was asked for: ${JSON.stringify({ outcome, start })}`)
  const hash = createHash('sha256')
  for (const [name, { data }] of Object.entries(parameters)) hash.update(name).update(data)
  digests[form] = hash.digest('hex')
}
console.log(JSON.stringify(digests))
