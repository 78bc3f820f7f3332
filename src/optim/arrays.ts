/** @file The typed-array form: one generated loop for each element type. The reference for the other two forms. */
import { RappelError } from '../base/errors.ts'
import type { ElementOperation, Node } from './expression.ts'
import type { Program, Step } from './program.ts'

export type FloatArray = Float32Array | Float64Array

/** Updates in place. `tensors` are in the order of `program.tensors`, all of one length and element type. */
export type ArrayUpdate = (tensors: readonly FloatArray[], slots: Float64Array) => void

/** Whether a value is an array that rules work on. */
export function isFloatArray(value: unknown): value is FloatArray {
  return value instanceof Float32Array || value instanceof Float64Array
}

// Rules of one kind share their loop whatever their settings, which are slots: so few sources exist, and they stay warm.
const compiled = new Map<string, ArrayUpdate>()

/**
 * The loop for one element type. In float32 every operation is rounded to float32, as the other forms do it: sums, products,
 * quotients and roots of float32 numbers computed in float64 and rounded once more are correctly rounded (Figueroa 1995), so
 * this form gives the same bits as WebAssembly's f32 arithmetic.
 *
 * @throws RappelError 'runtime' where the host forbids code made at run time (a page's content security policy)
 */
export function compileArrays(program: Program, type: 'float32' | 'float64'): ArrayUpdate {
  const source = loopSource(program, type)
  const known = compiled.get(source)
  if (known !== undefined) return known
  try {
    // The source holds only our own names and numbers: no text of the rule's author gets into it.
    const update = new Function('tensors', 'slots', source) as ArrayUpdate
    compiled.set(source, update)
    return update
  } catch (cause) {
    throw new RappelError(
      'runtime',
      'this host does not allow code made at run time, which the typed-array form of update rules needs',
      "allow 'unsafe-eval' in the content security policy, or use the WebAssembly form (compileUpdate)",
      { cause },
    )
  }
}

function loopSource(program: Program, type: 'float32' | 'float64'): string {
  const round = (text: string) => (type === 'float32' ? `fround(${text})` : text)
  const array = (name: string) => `a${program.tensors.indexOf(name)}`
  const text = (node: Node): string => {
    const slot = program.slots.findIndex((other) => other === node)
    if (slot >= 0) return `s${slot}`
    return node.kind === 'constant'
      ? numberText(type === 'float32' ? Math.fround(node.value) : node.value)
      : `v${node.id}`
  }
  const exact = new Set<ElementOperation>(['neg', 'abs', 'max', 'min', 'less', 'greater', 'select'])
  const compute = (step: Step) => {
    const result = formula[step.operation](...step.inputs.map(text))
    return `const v${step.id} = ${exact.has(step.operation) ? result : round(result)}`
  }
  return [
    "'use strict'",
    'const { fround, sqrt, abs, max, min } = Math',
    ...program.tensors.map((_, i) => `const a${i} = tensors[${i}]`),
    ...program.slots.map((_, i) => `const s${i} = ${round(`slots[${i}]`)}`),
    'for (let i = 0, n = a0.length; i < n; i++) {',
    ...program.reads.map((node) => (node.kind === 'tensor' ? `const v${node.id} = ${array(node.name)}[i]` : '')),
    ...program.steps.map(compute),
    ...program.outputs.map(({ name, value }) => `${array(name)}[i] = ${text(value)}`),
    '}',
  ].join('\n')
}

/** In parentheses: `a - -1` would otherwise become `a --1`. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '(-0)' : `(${value})`
}

const formula: Record<ElementOperation, (...inputs: string[]) => string> = {
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  max: (a, b) => `max(${a}, ${b})`,
  min: (a, b) => `min(${a}, ${b})`,
  neg: (a) => `-${a}`,
  abs: (a) => `abs(${a})`,
  sqrt: (a) => `sqrt(${a})`,
  less: (a, b) => `${a} < ${b}`,
  greater: (a, b) => `${a} > ${b}`,
  select: (condition, a, b) => `${condition} ? ${a} : ${b}`,
}
