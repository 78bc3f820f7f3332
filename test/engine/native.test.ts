/** @file The engine on onnxruntime-node: sessions and their lifetime, providers, threads. */
import { createRequire } from 'node:module'
import { beforeEach, describe, expect, test } from 'vitest'
import { allocate, type Engine } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { failure } from '../data/failure.ts'
import { smallGraph } from './graphs.ts'

interface NativeSession {
  new (): { loadModel(...parts: unknown[]): void; dispose(): void }
}
const runtime = createRequire(import.meta.url)('onnxruntime-node') as {
  env: { logLevel: string }
  listSupportedBackends(): { name: string }[]
}
// The refusals below are meant: the runtime need not log them.
runtime.env.logLevel = 'fatal'
const { binding } = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as {
  binding: { InferenceSession: NativeSession }
}

/** Sessions that the runtime holds, and those that it ever made. */
const sessions = { made: 0, open: 0 }
binding.InferenceSession = class extends binding.InferenceSession {
  override loadModel(...parts: unknown[]) {
    super.loadModel(...parts)
    sessions.made++
    sessions.open++
  }
  override dispose() {
    super.dispose()
    sessions.open--
  }
}
beforeEach(() => {
  sessions.made = 0
})

const engine = await nativeEngine()

describe('sessions', () => {
  test('the same graph twice is one session, which ends with the last release', async () => {
    const [first, second] = [await engine.compile(smallGraph()), await engine.compile(smallGraph())]
    expect(sessions).toEqual({ made: 1, open: 1 })
    await first.release()
    await first.release() // a second release of the same executable counts nothing
    expect(sessions.open).toBe(1)
    const { inputs, outputs } = allocate(second.graph)
    ;(inputs.x.data as Float32Array).fill(1)
    await second.bind(inputs, outputs)()
    expect(outputs.z.data[0]).toBe(-1)
    await second.release()
    expect(sessions.open).toBe(0)
  })
  test('compiled at the same time too', async () => {
    const both = await Promise.all([engine.compile(smallGraph()), engine.compile(smallGraph())])
    expect(sessions).toEqual({ made: 1, open: 1 })
    for (const executable of both) await executable.release()
    expect(sessions.open).toBe(0)
  })
  test('after the last release it is made anew', async () => {
    await (await engine.compile(smallGraph())).release()
    await (await engine.compile(smallGraph())).release()
    expect(sessions).toEqual({ made: 2, open: 0 })
  })
  test('another graph, other threads, another engine: sessions of their own', async () => {
    const other = await nativeEngine()
    const compiled = [
      await engine.compile(smallGraph()),
      await engine.compile(smallGraph('another name')),
      await engine.compile(smallGraph(), { threads: 2 }),
      await other.compile(smallGraph()),
    ]
    expect(sessions).toEqual({ made: 4, open: 4 })
    expect(compiled.map(({ threads }) => threads)).toEqual([1, 1, 2, 1])
    for (const executable of compiled) await executable.release()
    expect(sessions.open).toBe(0)
  })
  test('graphs that differ in one constant only are told apart', async () => {
    const scaled = (by: number) => {
      const builder = new Builder(operators)
      return builder.graph('scaled', { y: op.mul(builder.input('x', 'float32', [1]), by) })
    }
    const compiled = [await engine.compile(scaled(2)), await engine.compile(scaled(3))]
    const found: number[] = []
    for (const executable of compiled) {
      const { inputs, outputs } = allocate(executable.graph)
      ;(inputs.x.data as Float32Array)[0] = 5
      await executable.bind(inputs, outputs)()
      found.push(Number(outputs.y.data[0]))
      await executable.release()
    }
    expect(found).toEqual([10, 15])
  })
})

describe('what the runtime refuses', () => {
  // The runtime has no float64 kernel of LeakyRelu (DESIGN.md); toFloat64 would lower it.
  const refused = () => {
    const builder = new Builder(operators)
    return builder.graph('wide', { y: op.leakyRelu(builder.input('x', 'float64', [2])) })
  }
  test('a graph: its name, the provider, what the runtime said, on one line', async () => {
    const told = await failure(() => engine.compile(refused()))
    expect(told).toMatch(
      /^runtime: the runtime refused the graph 'wide' on cpu: .*LeakyRelu.* → this is a defect of Rappel: please report it with the message$/,
    )
    expect(told).not.toContain('\n')
  })
  test('leaves nothing behind: tried again, it is refused again', async () => {
    await failure(() => engine.compile(refused()))
    expect(await failure(() => engine.compile(refused()))).toContain('LeakyRelu')
    expect(sessions.open).toBe(0)
  })
  test.each([0, -1, 1.5, Number.NaN])('%d threads', async (threads) => {
    const told = `usage: threads is ${threads}, expected a whole number from 1 up`
    expect(await failure(() => engine.compile(smallGraph(), { threads }))).toBe(told)
    const engineOfThreads = await nativeEngine({ threads })
    expect(await failure(() => engineOfThreads.compile(smallGraph()))).toBe(told)
  })
})

describe('providers', () => {
  const names = runtime.listSupportedBackends().map(({ name }) => name)

  test('one that this build lacks: what it has, and where the other exists', async () => {
    // No build has both: CoreML is macOS's, DirectML Windows's.
    const provider = names.includes('dml') ? 'coreml' : 'dml'
    const hint = provider === 'dml' ? 'DirectML exists on Windows only' : 'CoreML exists on macOS only'
    expect(await failure(() => nativeEngine({ provider }))).toBe(
      `runtime: the provider is '${provider}', expected one that this onnxruntime-node has: ${names.join(', ')} → ${hint}; leave the provider out to use the CPU`,
    )
  })
  // A build may list CUDA without its libraries, which this repository does not install (allowScripts in package.json).
  test.runIf(names.includes('cuda'))(
    'one that is listed but does not work is refused at once, on one line',
    async () => {
      const made = await nativeEngine({ provider: 'cuda' }).catch((error: unknown) => error)
      if (!(made instanceof Error)) return (await (made as Engine).compile(smallGraph())).release() // it has it indeed
      const told = await failure(() => Promise.reject(made))
      expect(told).toMatch(
        /^runtime: the provider 'cuda' does not work on this machine: .+ → CUDA exists on Linux x64 /,
      )
      expect(told).not.toContain('\n')
    },
  )
  test('the record: runtime, version, provider, cores', () => {
    expect(engine.provider).toBe('cpu')
    expect(engine.description).toMatch(/^onnxruntime-node \d+\.\d+\.\d+, cpu$/)
    expect(engine.cores).toBeGreaterThanOrEqual(1)
  })
})

test('threads of the engine hold for every graph, those of one graph come first', async () => {
  const three = await nativeEngine({ threads: 3 })
  const compiled = [await three.compile(smallGraph()), await three.compile(smallGraph(), { threads: 2 })]
  expect(compiled.map(({ threads }) => threads)).toEqual([3, 2])
  for (const executable of compiled) await executable.release()
})
