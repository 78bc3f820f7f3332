/** @file Einsum: products summed over the indices that the result does not have. */
import { RappelError } from '../../base/errors.ts'
import { tensor } from '../../base/tensor.ts'
import { type Contraction, contractionOf, freeLetters } from '../equation.ts'
import { isDifferentiable } from '../graph.ts'
import * as op from '../op.ts'
import type { BatchedInput, BatchRule, EinsumKind, GradientRule, Node, OpDefinition, Value } from '../types.ts'
import { present, requireDtype, requireSameDtype } from './shapes.ts'

const equationOf = (terms: readonly string[], output: string) => `${terms.join()}->${output}`

/** An operand with the letters of its dimensions. */
interface Lettered {
  readonly term: string
  readonly value: Value
}

/** Without the dimensions of length 1 along which an ellipsis repeats the operand: the letters of those do not broadcast. */
function withoutSingles({ term, value }: Lettered, { lengths }: Contraction): Lettered {
  const kept = [...term].map((letter, axis) => value.shape[axis] === lengths.get(letter))
  const shape = value.shape.filter((_, axis) => kept[axis])
  return { term: [...term].filter((_, axis) => kept[axis]).join(''), value: op.reshape(value, shape) }
}

/** An operand's letters with each but once: repeats get new letters, held equal to the old ones by identity matrices. */
function withoutRepeats({ term, value }: Lettered, used: string): { letters: string[]; matrices: Lettered[] } {
  const repeats = [...term].flatMap((letter, axis) => (term.indexOf(letter) === axis ? [] : [axis]))
  const fresh = freeLetters(used, repeats.length)
  const letters = [...term]
  const matrices = repeats.map((axis, i) => {
    letters[axis] = fresh[i]
    return { term: term[axis] + fresh[i], value: identityMatrix(value, value.shape[axis]) }
  })
  return { letters, matrices }
}

function identityMatrix({ builder, dtype }: Value, size: number): Value {
  const entries = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))
  return builder.constant(tensor(dtype, [size, size], entries))
}

/**
 * The result's gradient and all other operands, contracted to the operand's letters. A letter that the operand alone has was
 * summed away: each of its elements gets the same. One along which the operand was repeated is summed over.
 */
function partial(contraction: Contraction, values: readonly Value[], position: number, dy: Value): Value {
  const { terms, output, lengths } = contraction
  const value = values[position]
  const { letters, matrices } = withoutRepeats({ term: terms[position], value }, [...terms, output].join(''))
  const operands = terms.map((term, i) => withoutSingles({ term, value: values[i] }, contraction))
  const given = [{ term: output, value: dy }, ...operands.filter((_, i) => i !== position), ...matrices]
  const available = given.map(({ term }) => term).join('')
  const isKept = (letter: string, axis: number) =>
    available.includes(letter) && value.shape[axis] === (lengths.get(letter) ?? value.shape[axis])
  const kept = letters.filter(isKept).join('')
  const product = given.length === 1 && kept === output ? dy : contract(given, kept)
  const shape = value.shape.map((dim, axis) => (isKept(letters[axis], axis) ? dim : 1))
  return op.expand(op.reshape(product, shape), value.shape)
}

function contract(operands: readonly Lettered[], output: string): Value {
  const terms = operands.map(({ term }) => term)
  return op.einsum(equationOf(terms, output), ...operands.map(({ value }) => value))
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
const batch: BatchRule = (node, inputs, size) => {
  const contraction = contractionOfNode(node)
  const { terms, output, lengths } = contraction
  const letter = freeLetters([...terms, output].join(''), 1)
  const longer = { ...contraction, lengths: new Map([...lengths, [letter, size]]) }
  const operands = terms.map((term, i) => {
    const { value, batched } = inputs[i] as BatchedInput
    return withoutSingles({ term: batched ? letter + term : term, value }, longer)
  })
  return [contract(operands, letter + output)]
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
