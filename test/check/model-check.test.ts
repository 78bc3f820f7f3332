/** @file The check of whole nets: silent on right ones of every kind, and loud, with the right name, where a rule is wrong. */
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../src/base/tensor.ts'
import { checkModel } from '../../src/check/model-check.ts'
import type { ModelReport } from '../../src/check/model-report.ts'
import { dataset } from '../../src/data/dataset.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { GradientRule, Operators, OpKind, Value } from '../../src/graph/types.ts'
import { softmaxCrossEntropy } from '../../src/nn/loss.ts'
import { dense, dropout, relu, sequential, tanh } from '../../src/nn/nn.ts'
import { l2 } from '../../src/nn/penalty.ts'
import { sgd } from '../../src/optim/sgd.ts'
import { makePlan, type PlanParts, type TrainingPlan } from '../../src/train/plan.ts'
import { failure } from '../data/failure.ts'
import { engine } from '../graph/evaluate.ts'
import { blobs } from '../train/nets.ts'
import { layerCases, lossCases, type NetCase, penaltyCases, pointOf } from './model-nets.ts'

const update = sgd({ learningRate: 0.05 })

/** A plan with a few examples of the case's own kind. */
function planOf(given: NetCase): TrainingPlan {
  const { inputs, targets } = pointOf(given, 'data', 12)
  const isClasses = given.net.loss.task === 'classification'
  const training = isClasses
    ? dataset({ inputs, targets, task: 'classification', classes: ['a', 'b', 'c'] })
    : dataset({ inputs, targets: targets as Tensor<'float32'>, task: 'regression' })
  const { model, loss, penalty } = given.net
  return makePlan({ model, loss, penalty, training, update, epochs: 1, batchSize: 4, seed: 1 })
}

const blobPlan = (parts: Partial<PlanParts> = {}) =>
  makePlan({
    model: sequential(dense(6), tanh(), dense(5), relu(), dense(3)),
    loss: softmaxCrossEntropy(),
    training: blobs(40, 4, 3),
    update,
    epochs: 1,
    batchSize: 10,
    seed: 1,
    ...parts,
  })

const cases = [...layerCases.filter(({ training = true }) => training), ...lossCases, ...penaltyCases]

describe('right nets pass', () => {
  test.each(cases.map((given) => [given.name, given] as const))('%s', async (_, given) => {
    const report = await checkModel(planOf(given), engine, { coordinates: 30 })
    expect(told(report)).toEqual([])
    expect(report.verdict).toBe('pass')
    expect(report.points.map(({ steps }) => steps)).toEqual([0, 20])
    expect(report.points.every(({ penalty }) => (penalty === undefined) === (given.net.penalty === undefined))).toBe(
      true,
    )
  })
})

/** What is said of tensors that do not pass. */
const told = ({ points }: ModelReport) =>
  points.flatMap(({ steps, data, penalty, float32 }) => [
    ...[data, ...(penalty ? [penalty] : [])].flatMap(({ tensors }) =>
      tensors.filter(({ verdict }) => verdict !== 'pass').map(({ name, words }) => `${steps} ${name}: ${words}`),
    ),
    ...(float32.verdict === 'pass' ? [] : [`${steps} ${float32.words}`]),
  ])

/** The table with the gradients of one operator's inputs changed. */
function changed(
  kind: OpKind,
  change: (gradients: readonly (Value | undefined)[]) => (Value | undefined)[],
): Operators {
  const rule = operators[kind].gradient as GradientRule
  const gradient: GradientRule = (node, dys) => change(rule(node, dys))
  return { ...operators, [kind]: { ...operators[kind], gradient } }
}

const failing = (report: ModelReport) => [
  ...new Set(
    report.points.flatMap(({ data }) =>
      data.tensors.filter(({ verdict }) => verdict === 'fail').map(({ name }) => name),
    ),
  ),
]

describe('a wrong rule is found and the right parameters are named', () => {
  const weights = ['dense1.weight', 'dense2.weight', 'dense3.weight']
  const biases = ['dense1.bias', 'dense2.bias', 'dense3.bias']

  test.each<[string, Operators, readonly string[]]>([
    ["Gemm: the weight's gradient doubled", changed('Gemm', ([a, b, c]) => [a, b && op.mul(b, 2), c]), weights],
    ["Gemm: the bias's gradient with the wrong sign", changed('Gemm', ([a, b, c]) => [a, b, c && op.neg(c)]), biases],
    [
      "Gemm: the input's gradient halved: all that lies in front of a product",
      changed('Gemm', ([a, b, c]) => [a && op.mul(a, 0.5), b, c]),
      [weights[0], biases[0], weights[1], biases[1]],
    ],
    [
      'Tanh: the slope forgotten: the layer in front',
      { ...operators, Tanh: { ...operators.Tanh, gradient: (_node, [dy]) => [dy] } },
      [weights[0], biases[0]],
    ],
    [
      'Relu: the mask forgotten: both layers in front',
      { ...operators, Relu: { ...operators.Relu, gradient: (_node, [dy]) => [dy] } },
      [weights[0], biases[0], weights[1], biases[1]],
    ],
  ])('%s', async (_, table, names) => {
    const report = await checkModel(blobPlan(), engine, { operators: table })
    expect(report.verdict).toBe('fail')
    expect(failing(report).sort()).toEqual([...names].sort())
    expect(report.words).toMatch(/^Data loss, as initialised: /)
  })
  test('in the penalty: the data loss stays right', async () => {
    const table: Operators = { ...operators, Mul: wrongSquare }
    const report = await checkModel(blobPlan({ penalty: l2(0.1) }), engine, { operators: table, burnIn: 0 })
    expect(report.points[0].data.verdict).toBe('pass')
    expect(report.points[0].penalty?.verdict).toBe('fail')
    expect(report.words).toMatch(/^Penalty, as initialised: /)
  })
})

/** λ·w where 2·(λ/2)·w is right: what a penalty without its ½ would need. */
const wrongSquare: Operators['Mul'] = {
  ...operators.Mul,
  gradient: (node, dys) => {
    const [a, b] = node.inputs as readonly Value[]
    const [dy] = dys
    return a === b && dy !== undefined && a.node === undefined
      ? [op.mul(dy, a), undefined]
      : (operators.Mul.gradient as GradientRule)(node, dys)
  },
}

describe('points', () => {
  test('without burn-in: as initialised alone', async () => {
    const { points, words } = await checkModel(blobPlan(), engine, { burnIn: 0 })
    expect(points.map(({ steps }) => steps)).toEqual([0])
    expect(words).toBe('The gradients are right: as initialised.')
  })
  test('a training that diverges leaves the first point, and a warning', async () => {
    const plan = blobPlan({ update: sgd({ learningRate: 1e30 }) })
    const { points, warnings, verdict } = await checkModel(plan, engine)
    expect([points.length, verdict]).toEqual([1, 'pass'])
    expect(warnings[0]).toMatch(/^After 20 steps of training the parameters were not finite/)
  })
  test('dropout is the same in all evaluations', async () => {
    const model = sequential(dense(20), relu(), dropout(0.5), dense(3))
    expect((await checkModel(blobPlan({ model }), engine)).verdict).toBe('pass')
  })
})

test('a penalty that swamps the data is told, one that does not is not', async () => {
  const swamped = await checkModel(blobPlan({ penalty: l2(1e3) }), engine, { burnIn: 0 })
  expect(swamped.verdict).toBe('pass')
  expect(swamped.warnings).toHaveLength(1)
  expect(swamped.warnings[0]).toMatch(/^The penalty swamps the data, as initialised: in dense\d.weight its gradient is/)
  expect((await checkModel(blobPlan({ penalty: l2(1e-4) }), engine, { burnIn: 0 })).warnings).toEqual([])
})

test('asked to stop, it ends with the reason', async () => {
  const stop = new AbortController()
  const reason = new Error('enough')
  const checking = checkModel(blobPlan(), engine, { signal: stop.signal, onProgress: () => stop.abort(reason) })
  await expect(checking).rejects.toBe(reason)
})

test('options that do not exist, or are out of range, are told', async () => {
  expect(await failure(() => checkModel(blobPlan(), engine, { exmples: 3 } as object))).toMatch(
    /did you mean 'examples'/,
  )
  expect(await failure(() => checkModel(blobPlan(), engine, { examples: 0 }))).toMatch(/^usage: examples is 0/)
  expect(await failure(() => checkModel(blobPlan(), engine, { burnIn: -1 }))).toMatch(/^usage: burnIn is -1/)
})

test('few examples: three, or eight where the batch normalises', async () => {
  expect((await checkModel(blobPlan(), engine, { burnIn: 0 })).examples).toBe(3)
  expect((await checkModel(blobPlan(), engine, { burnIn: 0, examples: 5 })).examples).toBe(5)
  const given = layerCases.find(({ name }) => name === 'batchNorm') as NetCase
  expect((await checkModel(planOf(given), engine, { burnIn: 0 })).examples).toBe(8)
})
