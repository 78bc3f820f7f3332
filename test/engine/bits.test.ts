/**
 * @file Same bits: in repeated runs, wherever the tensors lie, in other processes, and by either way into the runtime. For one
 * number of threads: the runtime cuts a matrix product by threads, and sums of more than 128 products can then come out otherwise
 * (96×257×130 does, at 1 and at 2 threads).
 */
import { expect, test } from 'vitest'
import { spawnScript } from './spawn.ts'

const script = new URL('./run-sensitive.ts', import.meta.url)
type Digests = Record<'immediate' | '1 threads' | '2 threads', string[]>

async function digests(preload?: URL): Promise<Digests> {
  const { stdout, stderr } = await spawnScript(script, { preload })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Digests
}

test('60 runs in each of three processes, one of them through the public interface, give one result', async () => {
  const [first, second, publicPath] = await Promise.all([
    digests(),
    digests(),
    digests(new URL('./hide-inner.ts', import.meta.url)),
  ])
  expect([first.immediate, publicPath.immediate]).toEqual([['true'], ['false']])
  for (const threads of ['1 threads', '2 threads'] as const) {
    expect(first[threads]).toHaveLength(1)
    expect(second[threads]).toEqual(first[threads])
    expect(publicPath[threads]).toEqual(first[threads])
  }
})
