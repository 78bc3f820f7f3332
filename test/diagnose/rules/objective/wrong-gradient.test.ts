/** @file A gradient that is not the loss's: by the check, and along the steps of a parabola. */
import { describe, expect, test } from 'vitest'
import type { CheckEvent, RunEvent } from '../../../../src/diagnose/events.ts'
import { judged, start } from '../data/runs.ts'

const gradientCheck = (verdict: CheckEvent['verdict'], ...tensors: [string, string, number][]): CheckEvent => ({
  type: 'check',
  verdict,
  points: [{ data: { tensors: tensors.map(([name, of, worst]) => ({ name, verdict: of, worst })) } }],
})

describe('the gradient check', () => {
  test('names the worst of the tensors that fail', () =>
    expect(
      judged(
        'wrong-gradient',
        gradientCheck('fail', ['first', 'fail', 0.6], ['bias', 'fail', 0.9], ['second', 'pass', 1e-9]),
      ),
    ).toMatchObject({
      severity: 'error',
      basis: 'gradient-check',
      where: 'bias',
      evidence: { tensors: 2, relativeError: 0.9 },
    }))
  test.each(['pass', 'warning', 'inconclusive'] as const)('silent of %s', (verdict) =>
    expect(judged('wrong-gradient', gradientCheck(verdict, ['first', 'pass', 1e-8]))).toBeUndefined(),
  )
})

/**
 * Steps −r·g·factor⁻¹ on f(x) = x²/2 from x = 1: the gradient is 1 and is told as `factor`; with the step d along it the loss falls by
 * d − d²/2, half a step by d/2 − d²/8, so that 4·half − decrease = d, where factor·d is promised.
 */
const steps = (factor: number, d = 0.05, count = 8, noise = 0): RunEvent[] =>
  Array.from({ length: count }, (_, i): RunEvent[] => [
    { type: 'steps', first: i, epoch: 0, losses: [0.5] },
    {
      type: 'probe',
      probe: 'descent',
      step: i,
      epoch: 0,
      values: {
        'descent/predicted': factor * d,
        'descent/decrease': d - d ** 2 / 2 + (i % 2 === 0 ? noise : -noise),
        'descent/half': d / 2 - d ** 2 / 8,
        'descent/alignment': 1,
      },
    },
  ]).flat()

describe('along the steps', () => {
  test.each([2, 0.5, 10])('a gradient that is %d times the true one', (factor) => {
    const found = judged('wrong-gradient', start(), ...steps(factor))
    expect(found).toMatchObject({ severity: 'error', basis: 'run' })
    expect(found?.evidence.slopeRatio).toBeCloseTo(1 / factor, 9)
  })
  test('of the opposite sign', () =>
    expect(judged('wrong-gradient', start(), ...steps(-1))?.evidence.slopeRatio).toBeCloseTo(-1, 9))
  test('silent of the true one, of steps that are too large to tell, of rounding, of few', () => {
    expect(judged('wrong-gradient', start(), ...steps(1))).toBeUndefined()
    expect(judged('wrong-gradient', start(), ...steps(2, 1.5))).toBeUndefined()
    expect(judged('wrong-gradient', start(), ...steps(2, 1e-6))).toBeUndefined()
    expect(judged('wrong-gradient', start(), ...steps(2, 0.05, 4))).toBeUndefined()
    expect(judged('wrong-gradient', start(), ...steps(1, 1e-7, 20, 1e-7))).toBeUndefined()
  })
})
