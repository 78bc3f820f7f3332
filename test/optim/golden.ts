/** @file Golden iterates from PyTorch (test/fixtures/make_optim.py) and how far a rule is from them. */
import { readFileSync } from 'node:fs'
import type { Rule } from '../../src/optim/index.ts'

type Vectors = { a: number[]; b: number[] }
export interface Golden {
  start: Vectors
  steps: { gradient: Vectors; learningRate: number; parameters: Vectors; state: Record<string, Vectors> }[]
}

export function golden(name: string): Golden {
  return JSON.parse(readFileSync(new URL(`../fixtures/optim/${name}.json`, import.meta.url), 'utf8')) as Golden
}

/** The gradient of the script's problem, by hand: r_i = a_i² − b1, e = exp(b0·b1/4), σ = logistic(c·a + b0). */
function problemGradient(a: Float64Array, b: Float64Array): { a: Float64Array; b: Float64Array } {
  const c = [0.5, -1.25, 2]
  const z = a.reduce((sum, ai, i) => sum + c[i] * ai, b[0])
  const sigma = 1 / (1 + Math.exp(-z))
  const e = Math.exp((b[0] * b[1]) / 4)
  const r = a.map((ai) => ai * ai - b[1])
  return {
    a: a.map((ai, i) => sigma * c[i] + r[i] * ai),
    b: Float64Array.of(sigma + (b[1] / 4) * e, -0.5 * r.reduce((sum, ri) => sum + ri, 0) + (b[0] / 4) * e),
  }
}

/**
 * Runs a rule on the problem, with its own gradients, in float64.
 *
 * @returns the greatest distance from PyTorch's parameters, and from its state, over all steps (both are of order 1)
 */
export function distance(rule: Rule, { start, steps }: Golden): { parameters: number; state: Record<string, number> } {
  const parameters = { a: Float64Array.from(start.a), b: Float64Array.from(start.b) }
  const ruleState = rule.init(parameters)
  const found = { parameters: 0, state: {} as Record<string, number> }
  steps.forEach((expected, epoch) => {
    rule.update(parameters, problemGradient(parameters.a, parameters.b), ruleState, { epoch })
    found.parameters = Math.max(found.parameters, apart(parameters, expected.parameters))
    for (const [name, vectors] of Object.entries(expected.state)) {
      const ours = ruleState.tensors[name] as { a: Float64Array; b: Float64Array }
      found.state[name] = Math.max(found.state[name] ?? 0, apart(ours, vectors))
    }
  })
  return found
}

/** The greatest absolute difference; NaN counts as infinitely far. */
export function apart(ours: { a: ArrayLike<number>; b: ArrayLike<number> }, theirs: Vectors): number {
  const differences = (['a', 'b'] as const).flatMap((name) => theirs[name].map((value, i) => ours[name][i] - value))
  return Math.max(...differences.map((d) => (Number.isNaN(d) ? Number.POSITIVE_INFINITY : Math.abs(d))))
}
