/** @file One step of an update rule on typed arrays. */
import { nearest, usageError } from '../base/errors.ts'
import { type ArrayUpdate, compileArrays, type FloatArray } from './arrays.ts'
import { type ArrayTree, matchArrays, type NamedArray, namedArrays } from './parameters.ts'
import type { Program } from './program.ts'
import type { At } from './rate.ts'
import type { NormClip, RuleState, UpdateRule } from './update-rule.ts'

/** See `UpdateRule.update`. */
export function updateArrays(
  rule: UpdateRule,
  parameters: ArrayTree,
  gradients: ArrayTree,
  state: RuleState,
  { step = state.step, epoch, validation }: Partial<At> = {},
): void {
  const named = namedArrays('parameters', parameters)
  const tensors = matchTensors(rule, named, gradients, state)
  const at = epoch === undefined ? withoutEpoch(rule.name, step) : { epoch, step, validation }
  const parts = rule.parts(named.map(([path]) => path)).map((part) => ({ ...part, slots: part.rule.scalars(at) }))
  const factors = rule.clip && clipFactors(tensors.g, rule.clip)
  for (const { rule: own, members, slots } of parts)
    for (const i of members) {
      const given = own.program.tensors.map((name) => tensors[name][i])
      if (factors) slots[own.clipSlot] = factors[i]
      loopFor(own.program, given[0])(given, slots)
    }
  state.step = step + 1
}

/** For each tensor what its gradient is multiplied by: min(1, norm/‖g‖). */
function clipFactors(gradients: readonly FloatArray[], { norm, by }: NormClip): number[] {
  const squares = gradients.map((g) => {
    let sum = 0
    for (const value of g) sum += value * value
    return sum
  })
  const whole = squares.reduce((sum, square) => sum + square, 0)
  return squares.map((square) => norm / Math.max(norm, Math.sqrt(by === 'global' ? whole : square)))
}

/** Who steps by hand often has no epochs: then only a schedule that asks for the epoch is refused. */
function withoutEpoch(rule: string, step: number): At {
  return {
    step,
    get epoch(): number {
      throw usageError(
        `${rule}: a schedule depends on the epoch, which update was not told`,
        'give it as the fourth argument: rule.update(parameters, gradients, state, { epoch })',
      )
    },
  }
}

/** All tensors by name, each in the order of the parameters. */
function matchTensors(
  rule: UpdateRule,
  named: readonly NamedArray[],
  gradients: ArrayTree,
  state: RuleState,
): Record<string, FloatArray[]> {
  const found: Record<string, FloatArray[]> = {
    x: named.map(([, array]) => array),
    g: matchArrays('gradients', gradients, named),
  }
  for (const key of Object.keys(rule.state)) {
    const tree = state.tensors[key]
    if (tree === undefined) {
      const near = nearest(key, Object.keys(state.tensors))
      throw usageError(
        `the state has no '${key}', which ${rule.name} needs${near === undefined ? '' : ` (it has '${near}')`}`,
        'make it with rule.init(parameters)',
      )
    }
    found[key] = matchArrays(`state '${key}'`, tree, named)
  }
  return found
}

const loops = new WeakMap<Program, Map<string, ArrayUpdate>>()

function loopFor(program: Program, x: FloatArray): ArrayUpdate {
  const type = x instanceof Float32Array ? 'float32' : 'float64'
  const known = loops.get(program) ?? new Map<string, ArrayUpdate>()
  loops.set(program, known)
  const loop = known.get(type) ?? compileArrays(program, type)
  known.set(type, loop)
  return loop
}
