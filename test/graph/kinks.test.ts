/**
 * @file Kinks: each kinked operator tells which side it chose, and with that choice held fixed it is the smooth function that
 * went through the recorded point. All numbers by hand.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numbers } from '../../src/base/tensor.ts'
import { Builder } from '../../src/graph/graph.ts'
import { freezeWinners, recordWinners } from '../../src/graph/kinks.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph, OpKind, Value } from '../../src/graph/types.ts'
import { valuesOf } from './evaluate.ts'
import { buildCase, inputPositions, type OpCase, operandName, operandTensor } from './op-case.ts'
import { drawnKinds, opCases } from './op-cases.ts'

type Feeds = Readonly<Record<string, readonly number[]>>

interface HandCase {
  readonly kind: OpKind
  readonly note: string
  readonly build: (a: Value, b: Value) => Value
  /** The point where winners are recorded, who wins there, and the value. */
  readonly at: Feeds
  readonly winner: readonly number[]
  readonly value: readonly number[]
  /** Points on the other side of the kink, and the frozen value there: the same line or plane continued. */
  readonly beyond: Feeds
  readonly frozen: readonly number[]
}

type Recorded = Pick<HandCase, 'at' | 'winner' | 'value'>
type Beyond = Pick<HandCase, 'beyond' | 'frozen'>

const hand = (kind: OpKind, note: string, build: HandCase['build'], recorded: Recorded, beyond: Beyond): HandCase => ({
  kind,
  note,
  build,
  ...recorded,
  ...beyond,
})

/** The case of an operator with one input. */
const unary = (
  kind: OpKind,
  note: string,
  build: (a: Value) => Value,
  a: readonly number[],
  rest: Omit<Recorded, 'at'>,
  other: readonly number[],
  frozen: readonly number[],
) =>
  hand(
    kind,
    note,
    (x) => build(x),
    { at: { a, b: [0, 0, 0] }, ...rest },
    { beyond: { a: other, b: [0, 0, 0] }, frozen },
  )

const comparison = (kind: OpKind, build: HandCase['build'], decided: readonly number[]): HandCase =>
  hand(
    kind,
    'the decision stands',
    build,
    { at: { a: [1, 3, 2], b: [2, 2, 2] }, winner: decided, value: decided },
    { beyond: { a: [3, 1, 2.5], b: [2, 2, 2] }, frozen: decided },
  )

const handCases: readonly HandCase[] = [
  unary('Abs', 'keeps its sign', op.abs, [-2, 3, 0], { winner: [-1, 1, 0], value: [2, 3, 0] }, [1, -1, 5], [-1, -1, 0]),
  unary('Sign', 'stays', op.sign, [-2, 3, 0], { winner: [-1, 1, 0], value: [-1, 1, 0] }, [1, -1, 5], [-1, 1, 0]),
  hand(
    'Max',
    'second, first, and the mean of both where they tied',
    op.maximum,
    { at: { a: [1, 2, 4], b: [2, 1, 4] }, winner: [-1, 1, 0], value: [2, 2, 4] },
    { beyond: { a: [5, 0, 6], b: [3, 1, 4] }, frozen: [3, 0, 5] },
  ),
  hand(
    'Min',
    'first, second, and the mean of both where they tied',
    op.minimum,
    { at: { a: [1, 2, 4], b: [2, 1, 4] }, winner: [-1, 1, 0], value: [1, 1, 4] },
    { beyond: { a: [5, 0, 6], b: [3, 1, 4] }, frozen: [5, 1, 5] },
  ),
  unary(
    'Relu',
    'off stays off, on stays on; at 0 it is off',
    op.relu,
    [-1, 2, 0],
    { winner: [0, 1, 0], value: [0, 2, 0] },
    [3, -4, 7],
    [0, -4, 0],
  ),
  unary(
    'LeakyRelu',
    'keeps its slope',
    (a) => op.leakyRelu(a, 0.5),
    [-1, 2, 0],
    { winner: [0, 1, 0], value: [-0.5, 2, 0] },
    [4, -6, 7],
    [2, -6, 3.5],
  ),
  unary(
    'HardSigmoid',
    'keeps its piece',
    (a) => op.hardSigmoid(a, 0.5, 0.25),
    [-1, 0, 2],
    { winner: [0, 1, 2], value: [0, 0.25, 1] },
    [4, 2, -2],
    [0, 1.25, 1],
  ),
  unary(
    'Elu',
    'keeps its side: a line above, 2(e^x − 1) at 0 and below',
    (a) => op.elu(a, 2),
    [0, 2, 3],
    { winner: [0, 1, 1], value: [0, 2, 3] },
    [-800, -4, -0.5],
    [-2, -4, -0.5],
  ),
  hand(
    'Clip',
    'below, between, above; on a bound it is between',
    (a, b) => op.clip(a, -1, op.reduceMean(b)),
    { at: { a: [-3, -1, 5], b: [2, 2, 2] }, winner: [0, 1, 2], value: [-1, -1, 2] },
    { beyond: { a: [4, -7, 0], b: [3, 3, 3] }, frozen: [-1, -7, 3] },
  ),
  hand(
    'Clip',
    'with one bound, and with crossed ones the upper',
    (a, b) => op.clip(a, op.reduceMean(b), -1),
    { at: { a: [-3, 0, 5], b: [2, 2, 2] }, winner: [2, 2, 2], value: [-1, -1, -1] },
    { beyond: { a: [4, -7, 0], b: [-5, -5, -5] }, frozen: [-1, -1, -1] },
  ),
  unary(
    'ReduceMax',
    'the element that was greatest',
    op.reduceMax,
    [1, 5, 3],
    { winner: [0, 1, 0], value: [5] },
    [9, 4, 3],
    [4],
  ),
  unary(
    'ReduceMax',
    'the mean of those that tied',
    op.reduceMax,
    [5, 1, 5],
    { winner: [1, 0, 1], value: [5] },
    [9, 8, 3],
    [6],
  ),
  unary('ArgMax', 'the position that was', op.argMax, [1, 5, 3], { winner: [1], value: [1] }, [9, 4, 3], [1]),
  comparison('Equal', op.equal, [0, 0, 1]),
  comparison('Less', op.less, [1, 0, 0]),
  comparison('LessOrEqual', op.lessOrEqual, [1, 0, 1]),
  comparison('Greater', op.greater, [0, 1, 0]),
  comparison('GreaterOrEqual', op.greaterOrEqual, [0, 1, 1]),
  unary(
    'MaxPool',
    'the places that were greatest, one of them in both windows',
    (a) => op.maxPool(op.reshape(a, [1, 1, 3]), { kernelShape: [2] }),
    [1, 5, 3],
    { winner: [1, 1], value: [5, 5] },
    [9, 4, 7],
    [4, 4],
  ),
  unary(
    'MaxPool',
    'the first of those that tied',
    (a) => op.maxPool(op.reshape(a, [1, 1, 3]), { kernelShape: [3] }),
    [1, 5, 5],
    { winner: [1], value: [5] },
    [9, 4, 7],
    [4],
  ),
  unary(
    'TopK',
    'the places that were greatest',
    (a) => op.topK(a, 2)[0],
    [1, 5, 3],
    { winner: [1, 2], value: [5, 3] },
    [9, 4, 7],
    [4, 7],
  ),
]

const kinkedKinds = drawnKinds.filter((kind) => operators[kind].kink !== 'smooth')

it('has a case by hand for every operator that has a kink', () => {
  expect([...new Set(handCases.map(({ kind }) => kind))].sort()).toEqual([...kinkedKinds].sort())
})

describe('winners by hand', () => {
  it.each(handCases.map((given): [string, string, HandCase] => [given.kind, given.note, given]))(
    '%s: %s',
    async (kind, _note, { build, at, winner, value, beyond, frozen }) => {
      const builder = new Builder(operators)
      const [a, b] = ['a', 'b'].map((name) => builder.input(name, 'float64', [3]))
      const graph = builder.graph('kinked', { y: build(a, b) })
      const recorder = recordWinners(graph, operators)
      expect(recorder.winners).toEqual([{ kind, of: 'y', name: 'winner_0' }])
      const there = await valuesOf(recorder.graph, at)
      expect([there.y, there.winner_0]).toEqual([value, winner])
      const held = { winner_0: there.winner_0 }
      const smooth = freezeWinners(graph, operators)
      expect((await valuesOf(smooth, { ...at, ...held })).y).toEqual(value)
      expect((await valuesOf(smooth, { ...beyond, ...held })).y).toEqual(frozen)
      // The plain graph does turn round there: otherwise the case would show nothing.
      expect((await valuesOf(graph, beyond)).y).not.toEqual(frozen)
    },
  )
})

/** The graph of a drawn case, and its inputs. */
function drawnGraph(given: OpCase): { graph: Graph; feeds: Feeds } {
  const builder = new Builder(operators)
  const { outputs } = buildCase(builder, given)
  const graph = builder.graph('drawn', Object.fromEntries(outputs.map((output, i) => [`y${i}`, output])))
  const feeds = inputPositions(given).map((i) => [operandName(i), numbers(operandTensor(given, i))])
  return { graph, feeds: Object.fromEntries(feeds) }
}

describe('at any shape', () => {
  it.each(kinkedKinds)('%s, frozen, has the value that it had where the winners were recorded', async (kind) => {
    const property = fc.asyncProperty(opCases[kind] as fc.Arbitrary<OpCase>, async (given) => {
      const { graph, feeds } = drawnGraph(given)
      const { y0, ...winners } = await valuesOf(recordWinners(graph, operators).graph, feeds)
      const plain = await valuesOf(graph, feeds)
      const frozen = await valuesOf(freezeWinners(graph, operators), { ...feeds, ...winners })
      expect([y0, frozen.y0]).toEqual([plain.y0, plain.y0])
    })
    await fc.assert(property, { seed: 20260703, numRuns: 20 })
  })

  it.each(drawnKinds.filter((kind) => operators[kind].kink === 'smooth'))('%s records none', async (kind) => {
    const property = fc.property(opCases[kind] as fc.Arbitrary<OpCase>, (given) => {
      const { graph } = drawnGraph(given)
      expect(recordWinners(graph, operators).winners).toEqual([])
      expect(freezeWinners(graph, operators).inputs.map(({ name }) => name)).toEqual(
        graph.inputs.map(({ name }) => name),
      )
    })
    fc.assert(property, { seed: 20260704, numRuns: 10 })
  })
})

describe('a network', () => {
  function network(): Graph {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float64', [2])
    const hidden = builder.scope('dense1', () => op.relu(op.mul(x, 2)))
    const penalty = builder.scope('penalty', () => op.reduceSum(op.abs(x)))
    return builder.graph('network', { loss: op.add(op.reduceSum(hidden), penalty) })
  }

  it('tells every kinked operator, by the name of what it gives, in the order of the graph', () => {
    expect(recordWinners(network(), operators).winners).toEqual([
      { kind: 'Relu', of: 'dense1.relu', name: 'winner_0' },
      { kind: 'Abs', of: 'penalty.abs', name: 'winner_1' },
    ])
  })

  it('shows whether a step crosses a kink: the winners at both ends differ', async () => {
    const { graph } = recordWinners(network(), operators)
    const [left, right] = [await valuesOf(graph, { x: [-1e-6, 1] }), await valuesOf(graph, { x: [1e-6, 1] })]
    expect([left.winner_0, right.winner_0]).toEqual([
      [0, 1],
      [1, 1],
    ])
    expect([left.winner_1, right.winner_1]).toEqual([
      [-1, 1],
      [1, 1],
    ])
  })

  it('is linear when frozen: relu(2x) + |x| at x = (1, −1) is 3·x0 − x1 everywhere', async () => {
    const { loss, ...winners } = await valuesOf(recordWinners(network(), operators).graph, { x: [1, -1] })
    expect(loss).toEqual([4])
    const frozen = freezeWinners(network(), operators)
    expect((await valuesOf(frozen, { x: [-5, 7], ...winners })).loss).toEqual([-22])
  })
})
