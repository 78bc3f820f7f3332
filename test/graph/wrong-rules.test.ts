/** @file The check of gradients.test.ts must fail for a wrong rule: each known way to get one wrong is put into the table. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sameShape } from '../../src/base/tensor.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { standardise } from '../../src/graph/ops/standardise.ts'
import type { GradientRule, Node, Operators, OpKind, Value } from '../../src/graph/types.ts'
import { checkDerivatives } from './derivatives.ts'
import { engine } from './evaluate.ts'
import type { OpCase } from './op-case.ts'
import { opCases } from './op-cases.ts'

/** The table with one gradient rule put in place of another. */
const withGradient = (kind: OpKind, gradient: GradientRule, table: Operators = operators): Operators => ({
  ...table,
  [kind]: { ...table[kind], gradient },
})

const ruleOf = (kind: OpKind) => operators[kind].gradient as GradientRule

/** The table in which a rule's gradients come out changed. */
const changed = (kind: OpKind, change: (gradient: Value) => Value): Operators =>
  withGradient(kind, (node, dys) => ruleOf(kind)(node, dys).map((gradient) => gradient && change(gradient)))

const input = (node: Node, position: number) => node.inputs[position] as Value

const transposed = (g: Value) => (g.shape.length === 2 && g.shape[0] === g.shape[1] ? op.transpose(g) : g)
const lastEntryLost = (g: Value) => (sameShape(g.shape, [3]) ? op.pad(op.slice(g, [0], [2]), [0, 1]) : g)

const swapped: GradientRule = (node, dys) => {
  const [da, db] = ruleOf('Div')(node, dys)
  return da && db && sameShape(da.shape, db.shape) ? [db, da] : [da, db]
}

/** Right where nothing is broadcast. */
const withoutSum: GradientRule = (_node, [dy]) => [dy, dy]

/** The first of the elements that belong together, where their sum should stand: right in shape. */
function firstOf(dy: Value, shape: readonly number[]): Value {
  const extra = dy.shape.length - shape.length
  const ends = dy.shape.map((dim, i) => (i < extra || shape[i - extra] === 1 ? 1 : dim))
  const starts = ends.map(() => 0)
  return ends.length === 0 ? dy : op.reshape(op.slice(dy, starts, ends), shape)
}
const firstForSum: GradientRule = (node, [dy]) => {
  const [a, b] = [input(node, 0), input(node, 1)]
  return dy ? [firstOf(op.mul(dy, b), a.shape), firstOf(op.mul(dy, a), b.shape)] : []
}

/** Puts where it should add; only for vectors, which suffices to be found. */
const overwritten: GradientRule = (node, [dy]) => {
  const [x, indices] = [input(node, 0), input(node, 1)]
  if (dy === undefined || x.shape.length !== 1 || indices.shape.length !== 1) return ruleOf('Gather')(node, [dy])
  return [op.scatterElements(op.full(x.builder, x, 0), indices, dy, 0)]
}

/** Of several windows with the same winner only one counts. */
const putOnce: GradientRule = (node, [dy]) => {
  const x = input(node, 0)
  const flat = (value: Value) => op.reshape(value, [-1])
  return [dy && op.reshape(op.scatterElements(flat(op.mul(x, 0)), flat(node.outputs[1]), flat(dy), 0), x.shape)]
}

/** The mean and the variance taken for constants: what a batch normalisation has once it is trained. */
const statisticsHeld: GradientRule = (node, dys) => {
  const gradient = ruleOf('BatchNormalization')(node, dys)
  const [dy] = dys
  if (dy === undefined || node.attributes.training_mode !== 1) return gradient
  const x = input(node, 0)
  const axes = x.shape.map((_, i) => i).filter((i) => i !== 1)
  const { inverse } = standardise(x, axes.reverse(), (node.attributes.epsilon as number | undefined) ?? 1e-5)
  return [op.mul(dy, op.mul(op.reshape(input(node, 1), inverse.shape), inverse)), ...gradient.slice(1)]
}

/** Right in value, but an Identity that lets no gradient through stands in the rule. */
const cut: GradientRule = (node, [dy]) => [dy && op.mul(dy, op.identity(node.outputs[0]))]

/** What was found: which orders did not agree, or the message of an error. */
type Finding = 'first' | 'second' | 'batched against single' | RegExp

const wrong: readonly (readonly [what: string, kind: OpKind, table: Operators, finding: Finding])[] = [
  ['sign flipped', 'Exp', changed('Exp', op.neg), 'first'],
  ['factor 2', 'Tanh', changed('Tanh', (g) => op.mul(g, 2)), 'first'],
  ['a millionth too large', 'Sigmoid', changed('Sigmoid', (g) => op.mul(g, 1 + 1e-6)), 'first'],
  ['operands swapped', 'Div', withGradient('Div', swapped), 'first'],
  ['transposed where it is square', 'MatMul', changed('MatMul', transposed), 'first'],
  ['one entry of many lost', 'ReduceSum', changed('ReduceSum', lastEntryLost), 'first'],
  ['broadcast sum missing', 'Add', withGradient('Add', withoutSum), /^the gradient rule of Add gives float64\[/],
  ['first element where a broadcast sum belongs', 'Mul', withGradient('Mul', firstForSum), 'first'],
  ['not divided by the number of elements', 'ReduceMean', withGradient('ReduceMean', ruleOf('ReduceSum')), 'first'],
  ['put where repeated indices add up', 'Gather', withGradient('Gather', overwritten), 'first'],
  ['put where windows overlap', 'MaxPool', withGradient('MaxPool', putOnce), 'first'],
  ['the loser gets it', 'Max', withGradient('Max', ruleOf('Min')), 'first'],
  [
    'no gradient through the statistics',
    'BatchNormalization',
    withGradient('BatchNormalization', statisticsHeld),
    'first',
  ],
  ['nothing flows', 'Log', withGradient('Log', () => []), 'first'],
  [
    'right, but not to be differentiated again',
    'Exp',
    withGradient(
      'Exp',
      cut,
      withGradient('Identity', () => []),
    ),
    'second',
  ],
  [
    'batched along the wrong axis',
    'Softmax',
    {
      ...operators,
      Softmax: { ...operators.Softmax, batch: (_node, [x]) => [op.softmax((x as { value: Value }).value, 0)] },
    },
    'batched against single',
  ],
]

/** All findings at the first drawn case that has any. */
async function findings(kind: OpKind, table: Operators): Promise<readonly string[]> {
  let found: string[] = []
  const property = fc.asyncProperty(opCases[kind] as fc.Arbitrary<OpCase>, async (given) => {
    try {
      const { mismatches } = await checkDerivatives(engine, table, given)
      found = [...new Set(mismatches.map(({ order }) => order))]
    } catch (error) {
      found = [(error as Error).message]
    }
    return found.length === 0
  })
  await fc.check(property, { seed: 20260705, numRuns: 60, endOnFailure: true })
  return found
}

describe('finds a wrong rule', () => {
  it.each(wrong)('%s (%s)', async (_what, kind, table, finding) => {
    const found = await findings(kind, table)
    if (finding instanceof RegExp) expect(found).toEqual([expect.stringMatching(finding)])
    else expect(found).toContain(finding)
    // A rule that is wrong only when differentiated again passes the first order: the second is what finds it.
    if (finding === 'second') expect(found).toEqual(['second'])
  })

  it.each([...new Set(wrong.map(([, kind]) => kind))])('and finds nothing in the right %s', async (kind) => {
    expect(await findings(kind, operators)).toEqual([])
  })
})
