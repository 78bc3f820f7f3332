/** @file Einsum: products summed over the indices that the result does not have. */
import { RappelError } from '../../base/errors.ts'
import { tensor } from '../../base/tensor.ts'
import { type Contraction, contractionOf, freeLetters } from '../equation.ts'
import { isDifferentiable } from '../graph.ts'
import * as op from '../op.ts'
import type { BatchedInput, BatchRule, EinsumKind, GradientRule, Node, OpDefinition, Value } from '../types.ts'
import { present, requireDtype, requireSameDtype } from './shapes.ts'

const equationOf = (terms: readonly string[], output: string) => `${terms.join()}->${output}`

/** An operand's letters with each but once: repeats get new letters, held equal to the old ones by identity matrices. */
function withoutRepeats(
  term: string,
  value: Value,
  used: string,
): { term: string; pairs: string[]; matrices: Value[] } {
  const repeats = [...term].flatMap((letter, axis) => (term.indexOf(letter) === axis ? [] : [axis]))
  const fresh = freeLetters(used, repeats.length)
  const letters = [...term]
  for (const [i, axis] of repeats.entries()) letters[axis] = fresh[i]
  return {
    term: letters.join(''),
    pairs: repeats.map((axis, i) => term[axis] + fresh[i]),
    matrices: repeats.map((axis) => identityMatrix(value, value.shape[axis])),
  }
}

function identityMatrix({ builder, dtype }: Value, size: number): Value {
  const entries = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))
  return builder.constant(tensor(dtype, [size, size], entries))
}

/**
 * The result's gradient and all other operands, contracted to the operand's letters. A letter that the operand alone has was
 * summed away: each of its elements gets the same. One along which the operand was repeated is summed over.
 */
function partial(
  { terms, output, lengths }: Contraction,
  values: readonly Value[],
  position: number,
  dy: Value,
): Value {
  const value = values[position]
  const own = withoutRepeats(terms[position], value, [...terms, output].join(''))
  const others = <T>(list: readonly T[]) => list.filter((_, i) => i !== position)
  const given = [output, ...others(terms), ...own.pairs]
  const kept = [...own.term].filter(
    (letter, axis) =>
      given.join('').includes(letter) && value.shape[axis] === (lengths.get(letter) ?? value.shape[axis]),
  )
  const unchanged = given.length === 1 && kept.join('') === output
  const product = unchanged ? dy : op.einsum(equationOf(given, kept.join('')), dy, ...others(values), ...own.matrices)
  const shape = [...own.term].map((letter) => (kept.includes(letter) ? product.shape[kept.indexOf(letter)] : 1))
  return op.expand(op.reshape(product, shape), value.shape)
}

const contractionOfNode = ({ inputs, attributes }: Node) =>
  contractionOf(attributes.equation as string, present(inputs))

const gradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const contraction = contractionOfNode(node)
  const values = present(node.inputs)
  return values.map((value, i) => (isDifferentiable(value) ? partial(contraction, values, i, dy) : undefined))
}

/** The batch is one more letter, in front. */
const batch: BatchRule = (node, inputs) => {
  const { terms, output } = contractionOfNode(node)
  const letter = freeLetters([...terms, output].join(''), 1)
  const given = inputs.map((input) => input as BatchedInput)
  const lettered = terms.map((term, i) => (given[i].batched ? letter + term : term))
  return [op.einsum(equationOf(lettered, letter + output), ...given.map(({ value }) => value))]
}

const definition: OpDefinition = {
  inputs: [1, Number.POSITIVE_INFINITY],
  attributes: { equation: 'string' },
  shape: (inputs, attributes) => {
    const values = present(inputs)
    for (const value of values) {
      requireDtype(value, 'float32', 'float64', 'int32', 'int64')
      requireSameDtype(values[0], value)
    }
    if (typeof attributes.equation !== 'string') throw new RappelError('op', "lacks the attribute 'equation'")
    const { output, lengths } = contractionOf(attributes.equation, values)
    return [{ dtype: values[0].dtype, shape: [...output].map((letter) => lengths.get(letter) as number) }]
  },
  gradient,
  batch,
  kink: 'smooth',
  float64: 'kernel',
}

export const einsumOps: Record<EinsumKind, OpDefinition> = { Einsum: definition }
