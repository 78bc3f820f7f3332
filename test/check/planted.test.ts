/** @file Every wrong gradient of the catalogue is found, in the right tensor; every right one passes. */
import { describe, expect, test } from 'vitest'
import type { Precision } from './nets.ts'
import { type Case, rightCases, wrongCases } from './planted.ts'
import { plantError, randomProblem } from './random-objective.ts'
import { runCase, runRandom } from './run-case.ts'

const precisions: readonly Precision[] = ['float64', 'float32']
const both = (cases: readonly Case[]) =>
  precisions.flatMap((precision) =>
    cases.filter(({ only }) => (only ?? precision) === precision).map((each) => ({ ...each, precision })),
  )

test('the catalogue is as large as the issue asks', () => {
  expect(wrongCases.length).toBeGreaterThanOrEqual(40)
  expect(rightCases.length).toBeGreaterThanOrEqual(40)
})

describe('wrong', () => {
  test.each(both(wrongCases))('$name, $precision', async ({ make, wrong, precision }) => {
    const { tensors, verdict } = await runCase({ make }, precision)
    expect(verdict).toBe('fail')
    expect(tensors.filter((tensor) => tensor.verdict === 'fail').map(({ name }) => name)).toEqual(wrong)
  })
})

describe('right', () => {
  test.each(both(rightCases))('$name, $precision', async ({ make, precision }) => {
    const { verdict, words } = await runCase({ make }, precision)
    expect(`${verdict}: ${words}`).toMatch(/^pass/)
  })
})

/** `npm run experiments gradient-catalogue` runs many more. */
const draws: Readonly<Record<Precision, number>> = { float64: 2000, float32: 1500 }

describe.each(precisions)('random expressions in %s', (precision) => {
  const count = draws[precision]
  test('right gradients pass', async () => {
    const failed: string[] = []
    for (let seed = 0; seed < count; seed++) {
      const problem = randomProblem(seed, precision)
      const { verdict } = await runRandom(problem, problem.gradient, precision)
      // In float32 some gradients drown in rounding, which the check may say; it must not accuse.
      if (precision === 'float64' ? verdict !== 'pass' : verdict === 'fail') failed.push(`${seed}: ${problem.text}`)
    }
    expect(failed).toEqual([])
  })

  test('planted errors of 0.1% and more are found', async () => {
    const missed: string[] = []
    let planted = 0
    for (let seed = 0; seed < count; seed++) {
      const problem = randomProblem(seed, precision)
      const error = plantError(problem, seed, precision)
      if (error === undefined) continue
      planted++
      const { verdict } = await runRandom(problem, error.gradient, precision)
      if (verdict !== 'fail') missed.push(`${seed}: ${problem.text}, ${verdict}`)
    }
    expect(planted).toBeGreaterThan(count / 2)
    // In float32 the rounding of intermediate values can be larger than what is planted by the loss's own.
    expect(missed.slice(precision === 'float64' ? 0 : 3)).toEqual([])
  })
})
