/** @file Measuring a net on a whole data set, dropout and augmentation off. */
import { Arena, bytesPerElement, sizeOf } from '../base/tensor.ts'
import { withoutAugmentation } from '../data/augmented.ts'
import { Batches } from '../data/batches.ts'
import type { Examples } from '../data/dataset.ts'
import { allocate, type Call, type Engine, type Executable } from '../engine/engine.ts'
import type { Measurement } from './events.ts'
import { inputName, measuringGraph, type NetDescription, penaltyGraph, targetName } from './graphs.ts'
import { currentBuffers, currentParameters, type TrainingState } from './state.ts'

/** Most rows in one call: more are not faster. */
const mostRowsAtOnce = 512
/**
 * Most bytes that the largest tensor of a call may grow to with its rows. Several of that size live at the same time, so that a
 * call may take some hundred megabytes; larger ones would no longer fit any cache, and save nothing.
 */
const mostBytes = 64 * 2 ** 20

/** Rows to measure in one call: 512, fewer where one row makes large tensors (images through many filters). */
export function rowsAtOnce(net: NetDescription): number {
  // Two numbers of rows that hardly occur as anything else: what grows is what differs.
  const [some, more] = [1013, 1019].map((rows) => {
    const { inputs, nodes } = measuringGraph(net, rows).graph
    const values = [...inputs, ...nodes.flatMap(({ outputs }) => outputs)]
    return values.map(({ dtype, shape }) => sizeOf(shape) * bytesPerElement(dtype))
  })
  const ofOneRow = more.reduce((greatest, bytes, i) => Math.max(greatest, (bytes - some[i]) / 6), 1)
  return Math.max(1, Math.min(mostRowsAtOnce, Math.floor(mostBytes / ofOneRow)))
}

export interface Measurer {
  /** @param giveWay lets others run, between calls */
  measure(giveWay: () => Promise<void>): Promise<Measurement>
  release(): Promise<void>
}

/** Compiles the measuring of one data set with the parameters of a state, as they are whenever it is called. */
export async function makeMeasurer(
  engine: Engine,
  net: NetDescription,
  state: TrainingState,
  data: Examples,
  threads?: number,
): Promise<Measurer> {
  const batches = new Batches(withoutAugmentation(data), { batchSize: rowsAtOnce(net), seed: 0, shuffle: false })
  const { rows, count } = batches.plan
  const sizes = [...new Set(Array.from({ length: count }, (_, i) => batches.plan.sizeOf(i)))]
  const parts = new Map<number, Part>()
  for (const size of sizes) parts.set(size, await makePart(engine, net, state, size, threads))
  return {
    async measure(giveWay) {
      let loss = 0
      let correct = 0
      for (let batch = 0; batch < count; batch++) {
        const part = parts.get(batches.plan.sizeOf(batch)) as Part
        batches.fill(0, batch, part.inputs, part.targets)
        await part.calls[state.current]()
        loss += part.loss[0]
        correct += part.correct?.[0] ?? 0
        await giveWay()
      }
      return { loss: loss / rows, ...(data.task === 'classification' && { accuracy: correct / rows }), examples: rows }
    },
    async release() {
      for (const { executable } of parts.values()) await executable.release()
    },
  }
}

interface Part {
  readonly executable: Executable
  readonly inputs: Float32Array
  readonly targets: Int32Array | Float32Array
  readonly loss: Float32Array
  readonly correct: Float32Array | undefined
  /** One for each set of the state. */
  readonly calls: readonly Call[]
}

async function makePart(
  engine: Engine,
  net: NetDescription,
  state: TrainingState,
  size: number,
  threads?: number,
): Promise<Part> {
  const { graph } = measuringGraph(net, size)
  const executable = await engine.compile(graph, { threads })
  const fed = graph.inputs.filter(({ name }) => name === inputName || name === targetName)
  const arena = new Arena([...fed, ...graph.outputs])
  const place = (values: typeof fed) => Object.fromEntries(values.map((v) => [v.name, arena.place(v.dtype, v.shape)]))
  const [feeds, outputs] = [place(fed), place([...graph.outputs])]
  // A layer may carry a buffer that it needs in training only.
  const taken = new Set(graph.inputs.map(({ name }) => name))
  const calls = state.sets.map((_, current) => {
    const buffers = Object.entries(currentBuffers({ ...state, current })).filter(([name]) => taken.has(name))
    const held = { ...currentParameters({ ...state, current }), ...Object.fromEntries(buffers) }
    return executable.bind({ ...feeds, ...held }, outputs)
  })
  return {
    executable,
    inputs: feeds[inputName].data as Float32Array,
    targets: feeds[targetName].data as Float32Array,
    loss: outputs.loss.data as Float32Array,
    correct: outputs.correct?.data as Float32Array | undefined,
    calls,
  }
}

/** The penalty of the parameters as they are; 0 where the net has none. */
export async function makePenaltyMeasurer(
  engine: Engine,
  net: NetDescription,
  state: TrainingState,
): Promise<{ measure(): Promise<number>; release(): Promise<void> }> {
  const graph = penaltyGraph(net)
  if (graph === undefined) return { measure: async () => 0, release: async () => {} }
  const executable = await engine.compile(graph)
  const { outputs } = allocate({ ...graph, inputs: [] })
  const calls = state.sets.map((_, current) => executable.bind(currentParameters({ ...state, current }), outputs))
  return {
    async measure() {
      await calls[state.current]()
      return outputs.penalty.data[0] as number
    },
    release: () => executable.release(),
  }
}
