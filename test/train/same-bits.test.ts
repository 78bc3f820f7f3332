/**
 * @file The same seed gives the same bits, with dropout: in two processes each with 1 and with 2 threads, in either form. Of 1 and 2
 * threads this holds where no matrix product sums more than 128 terms, as here; beyond that a run repeats with its number only.
 */
import { expect, test } from 'vitest'
import { spawnScript } from '../engine/spawn.ts'

async function digests(seed: number, threads: number, preload?: URL): Promise<Record<'wasm' | 'nodes', string>> {
  const script = new URL('./train-digits.ts', import.meta.url)
  const { code, stdout, stderr } = await spawnScript(script, { args: [String(seed), String(threads)], preload })
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as Record<'wasm' | 'nodes', string>
}

test('3 epochs on digits in four processes', async () => {
  const runs = await Promise.all([digests(7, 1), digests(7, 2), digests(7, 1), digests(7, 2)])
  expect(new Set(runs.flatMap(({ wasm, nodes }) => [wasm, nodes]))).toHaveProperty('size', 1)
  const [other, publicPath] = await Promise.all([
    digests(8, 1),
    digests(7, 1, new URL('../engine/hide-inner.ts', import.meta.url)),
  ])
  expect(publicPath).toEqual(runs[0]) // every call a promise, through the runtime's public interface
  expect(other.wasm).not.toBe(runs[0].wasm)
  expect(other.nodes).toBe(other.wasm)
})
