/** @file Run by memory.test.ts: compiles, runs and releases a small graph many times; prints the process's size in MiB on the way. */
import { allocate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { fill, smallGraph } from './graphs.ts'

const engine = await nativeEngine()
const graph = smallGraph()
const { inputs, outputs } = allocate(graph)
fill(inputs)
const sizes: number[] = []
for (let round = 0; round <= 12_000; round++) {
  const executable = await engine.compile(graph)
  await executable.bind(inputs, outputs)()
  await executable.release()
  if (round % 1000 === 0) sizes.push(process.memoryUsage().rss / 2 ** 20)
}
console.log(JSON.stringify(sizes))
