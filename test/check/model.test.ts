/** @file The evaluator of nets: many points in one run, against each point evaluated alone by the plain graph. */
import { afterAll, describe, expect, test } from 'vitest'
import { CounterStream } from '../../src/base/counter-random.ts'
import { numbers, type Tensor, tensor } from '../../src/base/tensor.ts'
import type { Move } from '../../src/check/evaluator.ts'
import { type ModelEvaluator, modelEvaluator } from '../../src/check/model.ts'
import { bytesPerRow, depthOf, ModelGraphs, type Part } from '../../src/check/model-graphs.ts'
import { evaluate, type NamedTensors } from '../../src/engine/engine.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import { freezeWinners, recordWinners } from '../../src/graph/kinks.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph } from '../../src/graph/types.ts'
import { dense, relu, sequential } from '../../src/nn/nn.ts'
import { failure } from '../data/failure.ts'
import { engine } from '../graph/evaluate.ts'
import { layerCases, lossCases, type NetCase, penaltyCases, pointOf } from './model-nets.ts'

const open: ModelEvaluator[] = []
afterAll(async () => {
  for (const evaluator of open) await evaluator.release()
})

async function evaluatorOf(given: NetCase, part: Part = 'data'): Promise<ModelEvaluator> {
  const evaluator = await modelEvaluator(given.net, engine, pointOf(given, part))
  open.push(evaluator)
  return evaluator
}

/** The said graph, one point at a time. */
class Alone {
  readonly #recorded: Graph
  readonly #frozen: Graph
  readonly #winners: readonly string[]
  readonly #base: Record<string, Tensor>

  constructor(given: NetCase, part: Part) {
    const point = pointOf(given, part)
    const said = new ModelGraphs(given.net, { part, training: point.training ?? true, batch: point.inputs.shape[0] })
    const plain = said.said
    const { graph, winners } = recordWinners(plain, operators)
    this.#recorded = toFloat64(graph, operators)
    this.#frozen = toFloat64(freezeWinners(plain, operators), operators)
    this.#winners = winners.map(({ name }) => name)
    const feeds: Record<string, Tensor> = { ...point.parameters, input: point.inputs, target: point.targets }
    for (const { name, initial, value } of said.buffers)
      feeds[name] = tensor('float64', value.shape, new Float64Array(numbersIn(value.shape)).fill(initial))
    for (const { name, value } of said.randomInputs) {
      const drawn = new Float32Array(numbersIn(value.shape))
      new CounterStream(point.seed ?? 0, `check/${name}`).fill(drawn)
      feeds[name] = tensor('float32', value.shape, drawn)
    }
    this.#base = Object.fromEntries(
      this.#recorded.inputs.map(({ name, dtype, shape }) => [name, tensor(dtype, shape, numbers(feeds[name]))]),
    )
  }

  async at(changed: NamedTensors): Promise<{ loss: number; kinks: number; frozen: number }> {
    const base = await evaluate(engine, this.#recorded, this.#base)
    const here = await evaluate(engine, this.#recorded, { ...this.#base, ...changed })
    const held = Object.fromEntries(this.#winners.map((name) => [name, base[name]]))
    const frozen = await evaluate(engine, this.#frozen, { ...this.#base, ...changed, ...held })
    let kinks = 0
    for (const name of this.#winners) {
      const [before, now] = [numbers(base[name]), numbers(here[name])]
      kinks += now.filter((winner, i) => winner !== before[i]).length
    }
    return { loss: numbers(here.loss)[0], kinks, frozen: numbers(frozen.loss)[0] }
  }
}

const numbersIn = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** Large moves too, so that kinks are crossed. */
const offsets = [1e-5, -0.3, 0.7]

function someMoves(evaluator: ModelEvaluator): Move[] {
  return evaluator.tensors.flatMap(({ size }, t) =>
    offsets.flatMap((offset, k) =>
      [0, Math.floor(size / 2), size - 1].map((index) => ({ tensor: t, index: (index + k) % size, offset })),
    ),
  )
}

const withPart = (part: Part) => (given: NetCase) => [`${given.name}: ${part}`, given, part] as const

describe.each([
  ...layerCases.map(withPart('data')),
  ...lossCases.map(withPart('data')),
  ...penaltyCases.map(withPart('penalty')),
  ...penaltyCases.slice(2, 3).map(withPart('objective')),
])('%s', (_, given, part) => {
  test('losses, kinks and frozen losses are those of each point alone', async () => {
    const evaluator = await evaluatorOf(given, part)
    const alone = new Alone(given, part)
    const moves = someMoves(evaluator)
    const found = await evaluator.valuesAt(moves)
    const frozen = await evaluator.frozenValuesAt(moves)
    const wrong: string[] = []
    for (const [i, { tensor: t, index, offset }] of moves.entries()) {
      const { name, shape } = evaluator.tensors[t]
      const values = evaluator.at[t].slice()
      values[index] += offset
      const expected = await alone.at({ [name]: tensor('float64', shape, values) })
      const told = {
        loss: Math.abs(found.loss[i] - expected.loss) < 1e-12,
        frozen: Math.abs(frozen.loss[i] - expected.frozen) < 1e-12,
        kinks: found.kinks?.[i] === expected.kinks,
        moved: found.moved[i] === values[index] - evaluator.at[t][index],
      }
      for (const [what, isRight] of Object.entries(told))
        if (!isRight) wrong.push(`${what} of ${name}[${index}] + ${offset}`)
    }
    expect(wrong).toEqual([])
  })
  test('losses along directions', async () => {
    const evaluator = await evaluatorOf(given, part)
    const alone = new Alone(given, part)
    const direction = evaluator.at.map((values, t) => values.map((_, i) => Math.cos(3 * i + t)))
    const found = await evaluator.valuesAlong([direction, direction, direction], offsets)
    for (const [k, offset] of offsets.entries()) {
      const points = evaluator.tensors.map(({ name, shape }, t) => [
        name,
        tensor(
          'float64',
          shape,
          evaluator.at[t].map((value, i) => value + offset * direction[t][i]),
        ),
      ])
      const expected = await alone.at(Object.fromEntries(points))
      expect(Math.abs(found.loss[k] - expected.loss)).toBeLessThan(1e-12 * Math.max(1, Math.abs(expected.loss)))
      expect(found.kinks?.[k]).toBe(expected.kinks)
    }
  })
  test('the gradient and the Hessian-vector product are limits of differences', async () => {
    const evaluator = await evaluatorOf(given, part)
    const { gradient } = await evaluator.analytic()
    const direction = evaluator.at.map((values, t) => values.map((_, i) => Math.cos(3 * i + t)))
    const product = await evaluator.hessianVector(direction)
    const h = 1e-6
    const { loss, kinks } = await evaluator.valuesAlong([direction, direction], [h, -h])
    expect(kinks).toEqual(new Uint32Array(2))
    const slope = gradient.reduce((sum, g, t) => sum + g.reduce((s, value, i) => s + value * direction[t][i], 0), 0)
    expect((loss[0] - loss[1]) / (2 * h)).toBeCloseTo(slope, 7)
    const [plus, minus] = (await evaluator.gradientsAlong?.(direction, [h, -h])) ?? []
    product.forEach(
      (values, t) =>
        void values.forEach((value, i) => void expect((plus[t][i] - minus[t][i]) / (2 * h)).toBeCloseTo(value, 6)),
    )
  })
})

describe('the base point', () => {
  const [given] = layerCases

  test('is as before after values at other points, and rows that nobody asked for are not told', async () => {
    const evaluator = await evaluatorOf(given)
    const before = evaluator.at.map((values) => values.slice())
    const { loss } = await evaluator.analytic()
    const found = await evaluator.valuesAt([
      { tensor: 0, index: 1, offset: 0 },
      { tensor: 0, index: 2, offset: 1 },
      { tensor: 1, index: 0, offset: 0 },
    ])
    expect(found.loss).toHaveLength(3)
    expect([found.loss[0], found.loss[2]]).toEqual([loss, loss])
    expect(found.loss[1]).not.toBe(loss)
    expect(evaluator.at).toEqual(before)
    expect((await evaluator.analytic()).loss).toBe(loss)
  })
  test('a tensor that is missing, or does not fit, is named', async () => {
    const point = pointOf(given, 'data')
    const { 'dense1.weight': _, ...rest } = point.parameters
    expect(await failure(() => modelEvaluator(given.net, engine, { ...point, parameters: rest }))).toBe(
      "shape: the check's 'dense1.weight' is missing, expected float64[4,5]",
    )
    const targets = tensor('float32', [3])
    expect(await failure(() => modelEvaluator(given.net, engine, { ...point, targets }))).toBe(
      "shape: the check's 'target' is float32[3], expected int32[3]",
    )
  })
  test('no penalty to check is told', async () => {
    expect(await failure(() => modelEvaluator(given.net, engine, pointOf(given, 'penalty')))).toMatch(
      /^usage: the penalty is to be checked, and the net has none/,
    )
  })
})

test('a large weight is moved without a copy for each row', () => {
  const { net } = layerCases[0]
  const wide = { ...net, model: sequential(dense(300), relu(), dense(300), relu(), dense(3)) }
  const graphs = new ModelGraphs(wide, { part: 'data', batch: 2, training: true })
  const rows = 64
  // The largest tensor with rows: 2 examples of 300 units each, 8 bytes a number; the weight would be 150 times that.
  expect(bytesPerRow(graphs.moved('dense2.weight', rows), rows)).toBe(2 * 300 * 8)
})

test('dropout: the mask belongs to the seed', async () => {
  const given = layerCases.find(({ name }) => name === 'dropout') as NetCase
  const losses = await Promise.all(
    [1, 1, 2].map(async (seed) => {
      const evaluator = await modelEvaluator(given.net, engine, { ...pointOf(given, 'data'), seed })
      open.push(evaluator)
      return (await evaluator.analytic()).loss
    }),
  )
  expect(losses[0]).toBe(losses[1])
  expect(losses[0]).not.toBe(losses[2])
})

test('depth: products between a parameter and the loss', () => {
  const { said } = new ModelGraphs(layerCases[0].net, { part: 'data', batch: 2, training: true })
  expect(depthOf(said, 'dense1.weight')).toBe(3)
  expect(depthOf(said, 'dense3.bias')).toBe(1)
})
