/**
 * @file Where the time of a training step goes: the runtime's own profile of a benchmark's net, without the update. The sum by operator,
 * then the costliest nodes. `node bench/profile.ts CASE [THREADS]`
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { sizeOf } from '../src/base/tensor.ts'
import { fastForms } from '../src/graph/forms.ts'
import { operators } from '../src/graph/ops/index.ts'
import { writeModel } from '../src/graph/proto.ts'
import type { Value } from '../src/graph/types.ts'
import { trainingGraph } from '../src/train/graphs.ts'
import { CASES, makeCase } from './cases.ts'
import { netOf } from './peers/rappel.ts'

const rounds = 25
const shown = 15

/** One node of the runtime's profile. */
interface Event {
  readonly cat: string
  readonly name: string
  /** µs. */
  readonly dur: number
  readonly args: { readonly op_name?: string; readonly output_type_shape?: unknown }
}

const [name, threads = '2'] = process.argv.slice(2)
const spec = CASES.find((known) => known.name === name)
if (spec === undefined) {
  console.error(`there is no case '${name}', expected one of: ${CASES.map((known) => known.name).join(', ')}`)
  process.exitCode = 2
} else await profile(spec, Number(threads))

async function profile(known: (typeof CASES)[number], threadCount: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rappel-profile-'))
  const graph = fastForms(trainingGraph(netOf(makeCase(known)), known.batchSize).graph, operators)
  const session = await InferenceSession.create(writeModel(graph), {
    intraOpNumThreads: threadCount,
    enableMemPattern: false,
    enableProfiling: true,
    profileFilePrefix: join(folder, 'profile'),
  })
  const feeds = Object.fromEntries(graph.inputs.map((value) => [value.name, filled(value)]))
  for (let round = 0; round < rounds; round++) await session.run(feeds)
  session.endProfiling()
  const [file] = readdirSync(folder)
  print(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Event[])
  await session.release()
  rmSync(folder, { recursive: true })
}

/** Small numbers of either sign, and class 0. */
function filled({ dtype, shape }: Value): Tensor {
  const size = sizeOf(shape)
  if (dtype === 'int32') return new Tensor('int32', new Int32Array(size), [...shape])
  return new Tensor(
    'float32',
    Float32Array.from({ length: size }, (_, i) => 0.1 * Math.sin(i)),
    [...shape],
  )
}

function print(events: readonly Event[]): void {
  const nodes = Map.groupBy(
    events.filter(({ cat, name: event }) => cat === 'Node' && event.endsWith('_kernel_time')),
    ({ name: event }) => event,
  )
  const rows = [...nodes].map(([event, list]) => {
    const times = list.map(({ dur }) => dur / 1000).sort((a, b) => a - b)
    const { op_name: kind = '', output_type_shape: shape } = list[0].args
    return {
      node: event.replace('_kernel_time', ''),
      kind,
      shape: JSON.stringify(shape),
      median: times[times.length >> 1],
    }
  })
  const sum = (list: readonly { median: number }[]) => list.reduce((total, { median }) => total + median, 0)
  console.log(`${rows.length} nodes, ${sum(rows).toFixed(2)} ms: medians of ${rounds} runs, ${threads} threads\n`)
  const kinds = [...Map.groupBy(rows, ({ kind }) => kind)].map(([kind, list]) => ({
    kind,
    count: list.length,
    time: sum(list),
  }))
  for (const { kind, count, time } of kinds.sort((a, b) => b.time - a.time).slice(0, shown))
    console.log(`${time.toFixed(2).padStart(8)}  ${kind} (${count})`)
  console.log('')
  for (const { node, kind, shape, median } of rows.sort((a, b) => b.median - a.median).slice(0, shown))
    console.log(`${median.toFixed(2).padStart(8)}  ${kind} ${node} ${shape}`)
}
