/** @file Run by memory.test.ts: compiles, runs and releases a small graph many times; prints the process's own memory in MiB on the way. */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { allocate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { fill, smallGraph } from './graphs.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Without the pages of files, such as the runtime's library, which the system takes away and gives back as it likes. */
function ownMemory(): number {
  const status = '/proc/self/status'
  const anonymous = existsSync(status) && /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'))
  return anonymous ? Number(anonymous[1]) / 1024 : process.memoryUsage().rss / 2 ** 20
}

const engine = await nativeEngine()
const graph = smallGraph()
const { inputs, outputs } = allocate(graph)
fill(inputs)
const sizes: number[] = []
for (let round = 0; round <= 12_000; round++) {
  const executable = await engine.compile(graph)
  await executable.bind(inputs, outputs)()
  await executable.release()
  if (round % 1000 !== 0) continue
  // Twice: what the first collection finds unused is freed in the turn after it.
  collectGarbage()
  await setTimeout(10)
  collectGarbage()
  sizes.push(ownMemory())
}
console.log(JSON.stringify(sizes))
