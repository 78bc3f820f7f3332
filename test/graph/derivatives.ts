/**
 * @file Compares what `gradients` gives with centred differences, first and second order, at one case of one operator.
 * All perturbed points are evaluated in one run of the batched graph, and one of them alone as well.
 */
import { RandomStream } from '../../src/base/random.ts'
import { isFloat, numbers, sizeOf, type Tensor, tensor } from '../../src/base/tensor.ts'
import { allocate, type Engine, type NamedTensors } from '../../src/engine/engine.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { batchGraph } from '../../src/graph/batch.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import type { Graph, Operators, Value } from '../../src/graph/types.ts'
import {
  between,
  buildCase,
  floatPositions,
  inputPositions,
  type OpCase,
  operandName,
  operandTensor,
} from './op-case.ts'

/** PROCESS.md, section 1: the step for float64. */
const step = 1e-5

type Order = 'first' | 'second'

export interface Mismatch {
  readonly order: Order | 'batched against single'
  readonly coordinate: string
  readonly analytic: number
  readonly numeric: number
  /** The difference that rounding and truncation would explain. */
  readonly allowed: number
}

export interface Report {
  readonly mismatches: readonly Mismatch[]
  /** How many analytic derivatives were not 0: a check that only ever saw zeros has shown nothing. */
  readonly nonZero: Readonly<Record<Order, number>>
}

export async function checkDerivatives(engine: Engine, operators: Operators, given: OpCase): Promise<Report> {
  const problem = buildProblem(operators, given)
  const feeds = Object.fromEntries(inputPositions(given).map((i) => [operandName(i), operandTensor(given, i)]))
  const coordinates = floatPositions(given).flatMap((i) =>
    Array.from({ length: sizeOf(feeds[operandName(i)].shape) }, (_, index) => ({ name: operandName(i), index })),
  )
  const moved = perturb(feeds, coordinates)
  const rows = await run(
    engine,
    operators,
    batchGraph(problem.differences, operators, Object.keys(moved.feeds), moved.size),
    [{ ...feeds, ...moved.feeds }],
  )
  // One of the perturbed points, chosen by the seed, runs alone too: batching must not change what is computed.
  const alone = new RandomStream(given.seed, 'alone').integer(moved.size)
  const [at, single] = await run(engine, operators, problem.point, [feeds, { ...feeds, ...rowOf(moved.feeds, alone) }])
  const found = compare(coordinates, moved.steps, at, rows[0])
  for (const order of ['first', 'second'] as const) {
    const [batched, value] = [rows[0][order][alone], single[order][0]]
    // Sums may be done in another order: values of about 1 meet each other on the way, whatever they add up to.
    const allowed = 1e-14 * Math.max(1, at[`${order}_terms`][0])
    if (!(Math.abs(batched - value) <= allowed))
      found.mismatches.push({
        order: 'batched against single',
        coordinate: `${order}, row ${alone}`,
        analytic: value,
        numeric: batched,
        allowed,
      })
  }
  return found
}

/**
 * First order: the gradient of Σ w·y. Second order: the gradient of ⟨g, v⟩, where g is that of Σ w·y + u·y²/2, so that the
 * gradient that flows into the rule depends on the point too; otherwise rules of linear operators would never be
 * differentiated.
 */
function buildProblem(operators: Operators, given: OpCase): { point: Graph; differences: Graph } {
  const builder = new Builder(operators)
  const { inputs, outputs } = buildCase(builder, given)
  const wrt = floatPositions(given).map((i) => inputs.get(i) as Value)
  const random = new RandomStream(given.seed, 'weights')
  const weights = (like: Value) =>
    builder.constant(tensor('float64', like.shape, between(0.5, 1.5, true)(random, like.shape)))
  // Of several outputs some may have no part in the loss: no gradient comes for them.
  const used = outputs.filter((_, i) => i === 0 || random.integer(3) > 0)
  const ys = used.map((output) => (isFloat(output.dtype) ? output : op.cast(output, 'float64')))
  const linear = ys.map((y) => op.mul(y, weights(y)))
  const curved = ys.map((y, i) => op.add(linear[i], op.mul(op.square(y), op.mul(weights(y), 0.5))))
  const first = total(linear)
  const slopes = gradients(total(curved), wrt).map((g) => op.mul(g, weights(g)))
  const second = total(slopes)
  return {
    differences: builder.graph('differences', { first, second }),
    point: builder.graph('point', {
      first,
      second,
      first_terms: total(linear.map(op.abs)),
      second_terms: total(slopes.map(op.abs)),
      ...named('first', gradients(first, wrt), wrt),
      ...named('second', gradients(second, wrt), wrt),
    }),
  }
}

const total = (parts: readonly Value[]) => parts.map((part) => op.reduceSum(part)).reduce((a, b) => op.add(a, b))

const named = (order: Order, values: readonly Value[], wrt: readonly Value[]) =>
  Object.fromEntries(values.map((value, i) => [`${order} ${wrt[i].name}`, value]))

interface Coordinate {
  readonly name: string
  readonly index: number
}

const offsets = [step, -step, 2 * step, -2 * step]

/** Four rows for each coordinate; the steps are what the floats really differ by. */
function perturb(
  feeds: NamedTensors,
  coordinates: readonly Coordinate[],
): { feeds: Record<string, Tensor>; size: number; steps: readonly (readonly [number, number])[] } {
  const size = coordinates.length * offsets.length
  const names = [...new Set(coordinates.map(({ name }) => name))]
  const moved = Object.fromEntries(
    names.map((name) => {
      const values = numbers(feeds[name])
      const data = new Float64Array(size * values.length)
      for (let row = 0; row < size; row++) data.set(values, row * values.length)
      return [name, tensor('float64', [size, ...feeds[name].shape], data)]
    }),
  )
  const steps = coordinates.map(({ name, index }, c): [number, number] => {
    const width = sizeOf(feeds[name].shape)
    const x = feeds[name].data[index] as number
    const points = offsets.map((offset) => x + offset)
    points.forEach((point, k) => {
      moved[name].data[(c * offsets.length + k) * width + index] = point
    })
    return [points[0] - points[1], points[2] - points[3]]
  })
  return { feeds: moved, size, steps }
}

function rowOf(feeds: Readonly<Record<string, Tensor>>, row: number): NamedTensors {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, data }]) => {
      const rest = shape.slice(1)
      return [
        name,
        tensor(
          'float64',
          rest,
          numbers({ dtype: 'float64', shape, data }).slice(row * sizeOf(rest), (row + 1) * sizeOf(rest)),
        ),
      ]
    }),
  )
}

type Results = Readonly<Record<string, readonly number[]>>

async function run(
  engine: Engine,
  operators: Operators,
  graph: Graph,
  feeds: readonly NamedTensors[],
): Promise<Results[]> {
  const executable = await engine.compile(toFloat64(graph, operators))
  try {
    const { inputs, outputs } = allocate(graph)
    const call = executable.bind(inputs, outputs)
    const results: Results[] = []
    for (const feed of feeds) {
      for (const [name, { data }] of Object.entries(feed)) (inputs[name].data as Float64Array).set(data as Float64Array)
      await call()
      results.push(Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, numbers(output)])))
    }
    return results
  } finally {
    await executable.release()
  }
}

/** Passes where the relative error is at most 1e-7, or the difference is within ten times rounding and truncation (DESIGN.md). */
function compare(
  coordinates: readonly Coordinate[],
  steps: readonly (readonly [number, number])[],
  at: Results,
  rows: Results,
): { mismatches: Mismatch[]; nonZero: Record<Order, number> } {
  const report = { mismatches: [] as Mismatch[], nonZero: { first: 0, second: 0 } }
  for (const order of ['first', 'second'] as const) {
    const rounding = (Number.EPSILON * at[`${order}_terms`][0]) / step
    coordinates.forEach(({ name, index }, c) => {
      const [plus, minus, plus2, minus2] = rows[order].slice(c * offsets.length, (c + 1) * offsets.length)
      const numeric = (plus - minus) / steps[c][0]
      const wide = (plus2 - minus2) / steps[c][1]
      const analytic = at[`${order} ${name}`][index]
      if (analytic !== 0) report.nonZero[order]++
      if (analytic === 0 && numeric === 0) return
      // The error of a centred difference grows with the square of the step: 4 times at twice the step (Richardson 1911).
      const truncation = Math.abs(wide - numeric) / 3
      const difference = Math.abs(analytic - numeric)
      const allowed = 10 * (rounding + truncation)
      const relative = difference / (Math.abs(analytic) + Math.abs(numeric))
      if (!(relative <= 1e-7 || difference <= allowed))
        report.mismatches.push({ order, coordinate: `${name}[${index}]`, analytic, numeric, allowed })
    })
  }
  return report
}
