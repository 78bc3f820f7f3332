/** @file The engine on onnxruntime-node. The only file that knows the runtime. */
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node'
import { RappelError } from '../base/errors.ts'
import type { Tensor } from '../base/tensor.ts'
import { Builder } from '../graph/graph.ts'
import { lowerForRuntime } from '../graph/lower.ts'
import * as op from '../graph/op.ts'
import { operators } from '../graph/ops/index.ts'
import { writeModel } from '../graph/proto.ts'
import type { Graph } from '../graph/types.ts'
import {
  type Call,
  type CompileOptions,
  checkBinding,
  checkInputs,
  type Engine,
  type Executable,
  type NamedTensors,
  type Provider,
} from './engine.ts'
import { checkThreads, isSmall, threadsFor } from './threads.ts'

type Runtime = typeof import('onnxruntime-node')
type Fetches = Record<string, RuntimeTensor>

/** The session inside the runtime's own JavaScript: it runs at once, where the public `run` waits for the event loop. */
interface InnerSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void
  run(feeds: Fetches, fetches: Fetches, options: object): unknown
  dispose(): void
}
interface Inner {
  readonly initOrt: () => void
  readonly binding: { readonly InferenceSession: new () => InnerSession }
}

export interface NativeOptions {
  /** Where to execute; default 'cpu'. */
  readonly provider?: Provider
  /** Threads within one operator, for every graph; default: by the size of each graph. */
  readonly threads?: number
}

/**
 * The native engine.
 *
 * @throws RappelError 'runtime' when onnxruntime-node is not installed, or lacks the provider: says what to install
 */
export async function nativeEngine(options: NativeOptions = {}): Promise<Engine> {
  const runtime = await loadRuntime()
  const provider = options.provider ?? 'cpu'
  const available = runtime.listSupportedBackends().map(({ name }) => name)
  if (!available.includes(provider))
    throw new RappelError(
      'runtime',
      `the provider is '${provider}', expected one that this onnxruntime-node has: ${available.join(', ')}`,
      providerHints[provider],
    )
  const engine = makeEngine(runtime, provider, options.threads)
  if (provider !== 'cpu') await tryProvider(engine)
  return engine
}

/** A listed provider may still lack its driver or its libraries: these are looked for when a session is made. */
async function tryProvider(engine: Engine): Promise<void> {
  const builder = new Builder(operators)
  const graph = builder.graph('trial', { y: op.neg(builder.input('x', 'float32', [1])) })
  try {
    await (await engine.compile(graph)).release()
  } catch (error) {
    throw new RappelError(
      'runtime',
      `the provider '${engine.provider}' does not work on this machine: ${firstLine((error as Error).cause)}`,
      providerHints[engine.provider],
      { cause: error },
    )
  }
}

function makeEngine(runtime: LoadedRuntime, provider: Provider, threadsOfAll: number | undefined): Engine {
  const sessions = new Map<string, SharedSession>()
  const cores = availableParallelism()
  return {
    provider,
    description: `onnxruntime-node ${runtime.version}, ${provider}`,
    cores,
    async compile(said, compileOptions: CompileOptions = {}) {
      const graph = lowerForRuntime(said, operators)
      const threads = checkThreads(compileOptions.threads ?? threadsOfAll ?? threadsFor(graph, cores), cores)
      const bytes = writeModel(graph)
      const spinning = compileOptions.spinning ?? true
      const key = `${threads} ${spinning} ${bytes.length} ${digest(bytes)}`
      // Kept while it is being made, so that two who compile at the same time share it.
      const shared = sessions.get(key) ?? {
        session: createSession(runtime, graph, bytes, sessionOptions(graph, provider, threads, spinning)),
        users: 0,
      }
      sessions.set(key, shared)
      shared.users++
      const leave = () => {
        if (--shared.users === 0) sessions.delete(key)
        return shared.users === 0
      }
      const session = await shared.session.catch((error: unknown) => {
        leave()
        throw error
      })
      let released = false
      return executable(runtime, graph, threads, session, async () => {
        if (released) return
        released = true
        if (leave()) await session.release()
      })
    },
  }
}

const providerHints: Record<Provider, string> = {
  cpu: 'reinstall onnxruntime-node',
  cuda: 'CUDA exists on Linux x64 with an NVIDIA card: run `npm rebuild onnxruntime-node`, which downloads it, or leave the provider out to use the CPU',
  webgpu:
    'WebGPU needs a graphics driver and an onnxruntime-node build that has it; leave the provider out to use the CPU',
  coreml: 'CoreML exists on macOS only; leave the provider out to use the CPU',
  dml: 'DirectML exists on Windows only; leave the provider out to use the CPU',
}

interface SharedSession {
  readonly session: Promise<Session>
  users: number
}

interface Session {
  bind(feeds: Fetches, fetches: Fetches): Call
  release(): Promise<void>
}

interface LoadedRuntime {
  readonly common: Runtime
  readonly inner: Inner | undefined
  readonly version: string
  listSupportedBackends(): { name: string }[]
}

async function loadRuntime(): Promise<LoadedRuntime> {
  try {
    const module = (await import('onnxruntime-node')) as Runtime & { listSupportedBackends(): { name: string }[] }
    // What the runtime would print of a failure stands in the error that it throws.
    module.env.logLevel = 'fatal'
    return {
      common: module,
      inner: loadInner(),
      version: module.env.versions.node ?? 'of unknown version',
      listSupportedBackends: module.listSupportedBackends,
    }
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND'
    const message = missing
      ? 'onnxruntime-node is not installed'
      : `onnxruntime-node cannot be loaded: ${firstLine(error)}`
    throw new RappelError('runtime', message, 'run `npm install onnxruntime-node`', { cause: error })
  }
}

/** Undefined when a version of the runtime has its files elsewhere: then the public interface serves, a little slower. */
function loadInner(): Inner | undefined {
  try {
    const inner = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as Partial<Inner>
    const fits =
      typeof inner.initOrt === 'function' && typeof inner.binding?.InferenceSession?.prototype.run === 'function'
    return fits ? (inner as Inner) : undefined
  } catch {
    return undefined
  }
}

function sessionOptions(
  graph: Graph,
  provider: Provider,
  threads: number,
  spinning: boolean,
): InferenceSession.SessionOptions {
  return {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Beyond 'basic', MatMulScaleFusion moves scalar factors into float32 attributes, in float64 graphs too: 4e-8 off.
    graphOptimizationLevel: isWide(graph) ? 'basic' : 'all',
    // The memory plan is allocated and freed in every run: page faults that large graphs pay for and small ones do not.
    enableMemPattern: isSmall(graph),
    logSeverityLevel: 3,
    ...(!spinning && { extra: { session: { intra_op: { allow_spinning: '0' } } } }),
  }
}

/** Whether a graph computes in float64 anywhere. */
function isWide({ inputs, constants, nodes }: Graph): boolean {
  const values = [...inputs, ...constants, ...nodes.flatMap(({ outputs }) => outputs)]
  return values.some(({ dtype }) => dtype === 'float64')
}

async function createSession(
  runtime: LoadedRuntime,
  graph: Graph,
  bytes: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<Session> {
  const place = options.executionProviders?.[0]
  try {
    if (runtime.inner === undefined) return publicSession(await runtime.common.InferenceSession.create(bytes, options))
    runtime.inner.initOrt()
    const session = new runtime.inner.binding.InferenceSession()
    session.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, options)
    return innerSession(session)
  } catch (error) {
    throw new RappelError(
      'runtime',
      `the runtime refused the graph '${graph.name}' on ${place}: ${firstLine(error)}`,
      place === 'cpu' ? 'this is a defect of Rappel: please report it with the message' : 'try the provider cpu',
      { cause: error },
    )
  }
}

function innerSession(session: InnerSession): Session {
  const noOptions = {}
  return {
    bind: (feeds, fetches) => () => {
      try {
        session.run(feeds, fetches, noOptions)
      } catch (error) {
        throw stopped(error)
      }
      return undefined
    },
    // A turn of the event loop: without one, Node keeps the runtime's finalisers waiting and the process grows.
    release: () =>
      new Promise((resolve) => {
        session.dispose()
        setImmediate(resolve)
      }),
  }
}

function publicSession(session: InferenceSession): Session {
  return {
    bind: (feeds, fetches) => async () => {
      await session.run(feeds, fetches).catch((error: unknown) => {
        throw stopped(error)
      })
    },
    release: () => session.release(),
  }
}

function executable(
  { common }: LoadedRuntime,
  graph: Graph,
  threads: number,
  session: Session,
  release: () => Promise<void>,
): Executable {
  const wrap = ({ dtype, data, shape }: Tensor) =>
    new common.Tensor(dtype as 'float32', data as Float32Array<ArrayBuffer>, [...shape])
  const wrapAll = (role: 'input' | 'output', tensors: NamedTensors) => {
    for (const [name, given] of Object.entries(tensors)) checkBinding(graph, role, name, given)
    return Object.fromEntries(Object.entries(tensors).map(([name, given]) => [name, wrap(given)]))
  }
  return {
    graph,
    threads,
    bind(inputs, outputs) {
      checkInputs(graph, inputs)
      return session.bind(wrapAll('input', inputs), wrapAll('output', outputs))
    },
    release,
  }
}

/** What a run fails with. Only indices can be wrong in it: everything else was checked when the graph was built. */
function stopped(error: unknown): RappelError {
  const reason = firstLine(error)
  const index = /.*Name:'([^']*)' .*out of data bounds.*,(\d+)\]/.exec(reason)
  if (index === null)
    return new RappelError('runtime', `the runtime stopped within a run: ${reason}`, undefined, { cause: error })
  return new RappelError(
    'data',
    `an index is out of range (${index[1]}), expected whole numbers from 0 to ${index[2]}`,
    "an embedding's size must be above the greatest number, and the numbers left as they are: 'standardise: false'",
    { cause: error },
  )
}

/** Messages are one line; those of Node's loader and of the runtime go on with stacks and source positions. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split('\n', 1)[0]
}

/** 64 bits of a model's bytes, to find it again (FNV-1a over 32-bit words, twice). */
function digest(bytes: Uint8Array): string {
  let a = 0x811c9dc5
  let b = 0x01234567
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b ^ byte, 0x85ebca6b) ^ (b >>> 15)
  }
  return `${a >>> 0}-${b >>> 0}`
}
