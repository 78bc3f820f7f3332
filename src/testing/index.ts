/**
 * @file `rappel/testing`: matchers for test runners with `expect.extend` (Vitest, Jest), and contract suites for any test runner. Loads
 * without one.
 */
import { type GradientCheckOptions, gradientCheck } from '../check/gradient-check.ts'
import type { Objective } from '../check/objective.ts'
import type { GradientReport } from '../check/report.ts'

export { type ContractCase, type StorePlace, storeContract } from './store-contract.ts'

/** What a matcher gives to the test runner. */
export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

/**
 * `await expect(objective).toPassGradientCheck(at, options?)`, after `expect.extend({ toPassGradientCheck })`. An inconclusive check
 * passes neither way: a test that shows nothing should not be green.
 *
 * @param objective { loss, gradient }: see `gradientCheck` of `rappel/check`
 * @throws what `gradientCheck` throws: wrong options, what the objective throws
 */
export async function toPassGradientCheck<P>(
  objective: Objective<P>,
  at: P,
  options: GradientCheckOptions<P> = {},
): Promise<MatcherResult> {
  const report = await gradientCheck(objective, at, options)
  return { pass: report.verdict === 'pass', message: () => messageOf(report) }
}

function messageOf({ verdict, words, tensors, warnings }: GradientReport): string {
  if (verdict === 'pass') return `expected the gradient check to fail, but it passes: ${words}`
  const odd = tensors.filter((tensor) => tensor.verdict !== 'pass')
  const lines = odd.map(({ name, words: said }) => `  ${name}: ${said}`)
  return [`expected the gradient check to pass, but it is '${verdict}': ${words}`, ...lines, ...warnings].join('\n')
}
