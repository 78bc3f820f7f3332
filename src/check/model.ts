/** @file A net of Rappel as what a gradient check asks for: its loss in float64, at many moved points in one run. */
import { CounterStream } from '../base/counter-random.ts'
import { RappelError } from '../base/errors.ts'
import { Arena, type DType, type Shape, sizeOf, type Tensor, typeText } from '../base/tensor.ts'
import type { Call, Engine, Executable, NamedTensors } from '../engine/engine.ts'
import { baseName, changedName, movedIndexName, movedValueName } from '../graph/perturb.ts'
import type { Graph, Operators, ValueType } from '../graph/types.ts'
import { gradientName, inputName, type NetDescription, targetName } from '../train/graphs.ts'
import type { CheckedTensor, Evaluator, Move, Values } from './evaluator.ts'
import { bytesPerRow, ModelGraphs, type Part, productName, vectorName } from './model-graphs.ts'

export interface ModelEvaluatorOptions {
  readonly part: Part
  /** The values of every parameter by name: the base point. float32 values are taken as they are. */
  readonly parameters: NamedTensors
  /** The values of the layers' buffers by name; default: as they start. They stay as they are. */
  readonly buffers?: NamedTensors
  /** [examples, ...features]. */
  readonly inputs: Tensor
  /** Class numbers or target values, [examples, ...]. */
  readonly targets: Tensor
  /** The graph that trains, with dropout and the batch's own statistics (default), or the one that measures. */
  readonly training?: boolean
  /** Random inputs, such as dropout's, are drawn from it once, and are the same in every evaluation; default 0. */
  readonly seed?: number
  /** Another table than the usual: for tests of what finds wrong rules. */
  readonly operators?: Operators
}

/** A net's evaluator knows winners, second order and its own resources. */
export type ModelEvaluator = Evaluator & Required<Pick<Evaluator, 'frozenValuesAt' | 'hessianVector' | 'release'>>

/**
 * The evaluator of a net's loss, penalty or objective at a point. Graphs are compiled when they are first needed, and kept until
 * `release`.
 *
 * @throws RappelError 'usage' when the penalty is asked for and there is none; 'shape' when a tensor is missing or does not fit
 */
export async function modelEvaluator(
  net: NetDescription,
  engine: Engine,
  options: ModelEvaluatorOptions,
): Promise<ModelEvaluator> {
  return new NetEvaluator(net, engine, options)
}

/** Bytes that the largest tensor of a run should take: small enough for a processor's cache, and never above `mostBytes`. */
const goodBytes = 2 * 2 ** 20
/** Rows of one run: more make no run shorter. */
const mostRows = 4096

/** A compiled graph with its own inputs and outputs; what it shares with the others lies elsewhere. */
interface Compiled {
  readonly call: Call
  readonly own: Readonly<Record<string, Tensor>>
  readonly outputs: Readonly<Record<string, Tensor>>
}

/** One kind of run over many points: which inputs move, and whether the winners are held. */
interface Kind {
  readonly key: string
  readonly moved: string | readonly string[]
  readonly frozen: boolean
}

class NetEvaluator implements ModelEvaluator {
  readonly tensors: readonly CheckedTensor[]
  readonly precision = 'float64'
  readonly at: readonly Float64Array[]
  readonly #graphs: ModelGraphs
  readonly #engine: Engine
  /** Every input of the base point, shared by all compiled graphs; the winners, once they are known. */
  readonly #base: Record<string, Tensor>
  readonly #compiled = new Map<string, Promise<Compiled>>()
  readonly #executables: Executable[] = []
  readonly #mostRows = new Map<string, number>()
  #winners: Promise<void> | undefined

  constructor(net: NetDescription, engine: Engine, options: ModelEvaluatorOptions) {
    const { part, training = true, operators } = options
    this.#engine = engine
    this.#graphs = new ModelGraphs(net, { part, training, operators, batch: options.inputs.shape[0] })
    this.#base = placeBase(this.#graphs, options)
    this.tensors = this.#graphs.parameters.map(({ name, value: { shape } }) => ({ name, shape, size: sizeOf(shape) }))
    this.at = this.tensors.map(({ name }) => this.#base[name].data as Float64Array)
  }

  async analytic(): Promise<{ loss: number; gradient: readonly Float64Array[] }> {
    const { call, outputs } = await this.#get('gradient', () => this.#graphs.gradient(), [])
    await call()
    return { loss: outputs.loss.data[0] as number, gradient: this.#gradientIn(outputs) }
  }

  valuesAt(moves: readonly Move[]): Promise<Values> {
    return this.#valuesAt(moves, false)
  }

  frozenValuesAt(moves: readonly Move[]): Promise<Values> {
    return this.#valuesAt(moves, true)
  }

  async valuesAlong(directions: readonly (readonly Float64Array[])[], offsets: readonly number[]): Promise<Values> {
    const values = emptyValues(offsets.length)
    values.moved.set(offsets)
    const all: Kind = { key: 'all', moved: this.tensors.map(({ name }) => name), frozen: false }
    await this.#inRuns(all, offsets.length, values, ({ own }, rows, first, count) => {
      this.tensors.forEach(({ name, size }, t) => {
        const points = own[name].data as Float64Array
        for (let row = 0; row < rows; row++)
          moveAlong(points.subarray(row * size, (row + 1) * size), this.at[t], ...alongOf(first + row, row < count, t))
      })
    })
    return values
    function alongOf(i: number, used: boolean, t: number): [direction: Float64Array | undefined, offset: number] {
      return used ? [directions[i][t], offsets[i]] : [undefined, 0]
    }
  }

  async gradientsAlong(
    direction: readonly Float64Array[],
    offsets: readonly number[],
  ): Promise<readonly (readonly Float64Array[])[]> {
    const names = this.tensors.map(({ name }) => name)
    const { call, own, outputs } = await this.#get('moved gradient', () => this.#graphs.gradient(), names)
    const found: (readonly Float64Array[])[] = []
    for (const offset of offsets) {
      names.forEach((name, t) => void moveAlong(own[name].data as Float64Array, this.at[t], direction[t], offset))
      await call()
      found.push(this.#gradientIn(outputs))
    }
    return found
  }

  async hessianVector(vector: readonly Float64Array[]): Promise<readonly Float64Array[]> {
    const names = this.tensors.map(({ name }) => vectorName(name))
    const { call, own, outputs } = await this.#get('hessian', () => this.#graphs.hessianVector(), names)
    names.forEach((name, t) => void (own[name].data as Float64Array).set(vector[t]))
    await call()
    return this.tensors.map(({ name }) => (outputs[productName(name)].data as Float64Array).slice())
  }

  async release(): Promise<void> {
    await Promise.allSettled(this.#compiled.values())
    this.#compiled.clear()
    await Promise.allSettled(this.#executables.splice(0).map((executable) => executable.release()))
  }

  #gradientIn(outputs: Readonly<Record<string, Tensor>>): Float64Array[] {
    return this.tensors.map(({ name }) => (outputs[gradientName(name)].data as Float64Array).slice())
  }

  async #valuesAt(moves: readonly Move[], frozen: boolean): Promise<Values> {
    const values = emptyValues(moves.length)
    const byTensor = this.tensors.map((): number[] => [])
    moves.forEach(({ tensor }, i) => void byTensor[tensor].push(i))
    for (const [t, places] of byTensor.entries()) {
      if (places.length === 0) continue
      const at = this.at[t]
      const kind = { key: this.tensors[t].name, moved: this.tensors[t].name, frozen }
      const part = emptyValues(places.length)
      await this.#inRuns(kind, places.length, part, ({ own }, rows, first, count) => {
        const index = own[movedIndexName].data as BigInt64Array
        const value = own[movedValueName].data as Float64Array
        for (let row = 0; row < rows; row++) {
          // Rows that nobody asked for move nothing.
          const move = row < count ? moves[places[first + row]] : { index: 0, offset: 0 }
          index[row] = BigInt(move.index)
          value[row] = at[move.index] + move.offset
          if (row < count) part.moved[first + row] = value[row] - at[move.index]
        }
      })
      places.forEach((place, i) => {
        values.loss[place] = part.loss[i]
        values.moved[place] = part.moved[i]
        values.kinks[place] = part.kinks[i]
      })
    }
    return frozen ? { loss: values.loss, moved: values.moved } : values
  }

  /** Evaluates `count` points in as few runs as memory allows. */
  async #inRuns(
    kind: Kind,
    count: number,
    values: MutableValues,
    fill: (compiled: Compiled, rows: number, first: number, count: number) => void,
  ): Promise<void> {
    await this.#baseWinners()
    const most = this.#rowsAtOnce(kind)
    for (let first = 0; first < count; ) {
      const left = count - first
      const rows = Math.min(most, nextPowerOf2(left))
      const compiled = await this.#moved(kind, rows)
      const used = Math.min(rows, left)
      fill(compiled, rows, first, used)
      await compiled.call()
      values.loss.set((compiled.outputs.loss.data as Float64Array).subarray(0, used), first)
      const changed = compiled.outputs[changedName]
      if (changed !== undefined) values.kinks.set((changed.data as Float32Array).subarray(0, used), first)
      first += used
    }
  }

  #rowsAtOnce(kind: Kind): number {
    const key = `${kind.key} ${kind.frozen}`
    const known = this.#mostRows.get(key)
    if (known !== undefined) return known
    // A size that hardly occurs as anything else.
    const trial = 61
    const bytes = bytesPerRow(this.#graphs.moved(kind.moved, trial, kind.frozen), trial)
    const most = Math.min(mostRows, previousPowerOf2(Math.max(1, Math.floor(goodBytes / bytes))))
    this.#mostRows.set(key, most)
    return most
  }

  #moved({ key, moved, frozen }: Kind, rows: number): Promise<Compiled> {
    const own = typeof moved === 'string' ? [movedIndexName, movedValueName] : moved
    return this.#get(
      `${frozen ? 'frozen' : 'moved'} ${key} ${rows}`,
      () => this.#graphs.moved(moved, rows, frozen),
      own,
    )
  }

  /** Sees to it that the winners at the base point are among the inputs. */
  #baseWinners(): Promise<void> {
    this.#winners ??= this.#recordWinners()
    return this.#winners
  }

  async #recordWinners(): Promise<void> {
    const { graph, winners } = this.#graphs.recorded()
    if (winners.length === 0) return
    const { call, outputs } = await this.#get('winners', () => graph, [])
    await call()
    // Frozen graphs take them under their own names, comparing ones under others.
    for (const name of winners) Object.assign(this.#base, { [name]: outputs[name], [baseName(name)]: outputs[name] })
  }

  #get(key: string, make: () => Graph, own: readonly string[]): Promise<Compiled> {
    const known = this.#compiled.get(key)
    if (known !== undefined) return known
    const made = this.#compile(make(), own)
    this.#compiled.set(key, made)
    return made
  }

  async #compile(graph: Graph, ownNames: readonly string[]): Promise<Compiled> {
    const executable = await this.#engine.compile(graph)
    this.#executables.push(executable)
    const isOwn = ({ name }: { readonly name: string }) => ownNames.includes(name)
    const placed = graph.inputs.filter(isOwn)
    const arena = new Arena([...placed, ...graph.outputs])
    const place = (values: Graph['inputs']) =>
      Object.fromEntries(values.map(({ name, dtype, shape }) => [name, arena.place(dtype, shape)]))
    const [own, outputs] = [place(placed), place(graph.outputs)]
    const others = graph.inputs.filter((input) => !isOwn(input)).map(({ name }) => [name, this.#base[name]])
    return { call: executable.bind({ ...Object.fromEntries(others), ...own }, outputs), own, outputs }
  }
}

interface MutableValues {
  readonly loss: Float64Array
  readonly moved: Float64Array
  readonly kinks: Uint32Array
}

function emptyValues(count: number): MutableValues {
  return { loss: new Float64Array(count), moved: new Float64Array(count), kinks: new Uint32Array(count) }
}

/** `point` = at + offset·direction. */
function moveAlong(point: Float64Array, at: Float64Array, direction: Float64Array | undefined, offset: number): void {
  point.set(at)
  if (direction === undefined || offset === 0) return
  for (let i = 0; i < at.length; i++) point[i] += offset * direction[i]
}

const previousPowerOf2 = (n: number) => 2 ** Math.floor(Math.log2(n))
const nextPowerOf2 = (n: number) => 2 ** Math.ceil(Math.log2(n))

/** The inputs of all graphs at the base point, each checked. */
function placeBase(graphs: ModelGraphs, options: ModelEvaluatorOptions): Record<string, Tensor> {
  const { graph } = graphs.recorded()
  const random = new Set(graphs.randomInputs.map(({ name }) => name))
  const initial = new Map(graphs.buffers.map(({ name, initial: value }) => [name, value]))
  const given: NamedTensors = {
    ...options.parameters,
    ...options.buffers,
    [inputName]: options.inputs,
    [targetName]: options.targets,
  }
  const arena = new Arena(graph.inputs)
  const entries = graph.inputs.map((input): [string, Tensor] => {
    const placed = arena.place(input.dtype, input.shape)
    const data = placed.data as Float64Array
    if (random.has(input.name)) data.set(randomValues(options.seed ?? 0, input.name, data.length))
    else if (initial.has(input.name) && given[input.name] === undefined) data.fill(initial.get(input.name) as number)
    else data.set(fitting(input, given[input.name]).data as Float64Array)
    return [input.name, placed]
  })
  return Object.fromEntries(entries)
}

function fitting(input: ValueType & { readonly name: string }, given: Tensor | undefined): Tensor {
  const { dtype, shape } = given ?? ({} as { dtype?: DType; shape?: Shape })
  const widened = dtype === 'float32' ? 'float64' : dtype
  if (given !== undefined && widened === input.dtype && shape?.join() === input.shape.join()) return given
  const got = given === undefined ? 'missing' : typeText(given)
  throw new RappelError('shape', `the check's '${input.name}' is ${got}, expected ${typeText(input)}`)
}

/** What a random input holds in every evaluation of a check: the numbers that a float32 net would get. */
export function randomValues(seed: number, name: string, length: number): Float32Array {
  const drawn = new Float32Array(length)
  new CounterStream(seed, `check/${name}`).fill(drawn)
  return drawn
}
