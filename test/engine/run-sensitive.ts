/** @file Run by bits.test.ts: prints a digest of every output of the sensitive graph for 1 and for 2 threads, over several runs. */
import { createHash } from 'node:crypto'
import { allocate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { fill, sensitiveGraph } from './graphs.ts'

const engine = await nativeEngine()
const graph = sensitiveGraph()
const digests: Record<string, string[]> = {}
for (const threads of [1, 2]) {
  const executable = await engine.compile(graph, { threads })
  const seen = new Set<string>()
  for (let placement = 0; placement < 3; placement++) {
    const { inputs, outputs } = allocate(graph)
    fill(inputs)
    const call = executable.bind(inputs, outputs)
    for (let run = 0; run < 20; run++) {
      const pending = call()
      // Whether the call ran at once: the inner path does.
      digests.immediate = [String(pending === undefined)]
      await pending
      const hash = createHash('sha256')
      for (const { data } of Object.values(outputs)) hash.update(data as Float32Array)
      seen.add(hash.digest('hex'))
    }
  }
  digests[`${threads} threads`] = [...seen]
  await executable.release()
}
console.log(JSON.stringify(digests))
