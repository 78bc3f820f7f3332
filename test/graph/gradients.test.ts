/**
 * @file Every gradient rule against centred differences in float64, first and second order, at drawn shapes and points.
 * A pass is |a − n|/(|a| + |n|) ≤ 1e-7, or |a − n| within ten times rounding and truncation: see derivatives.ts.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nativeEngine } from '../../src/engine/native.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { checkDerivatives, type Report } from './derivatives.ts'
import { floatPositions, type OpCase } from './op-case.ts'
import { drawnKinds, opCases } from './op-cases.ts'

const engine = await nativeEngine({ threads: 1 })
const draws = { seed: 20260701, numRuns: 60 }

describe('gradients equal centred differences', () => {
  it.each(drawnKinds)('%s', async (kind) => {
    const reports: Report[] = []
    const property = fc.asyncProperty(opCases[kind] as fc.Arbitrary<OpCase>, async (given) => {
      if (floatPositions(given).length === 0) return
      const report = await checkDerivatives(engine, operators, given)
      reports.push(report)
      expect(report.mismatches).toEqual([])
    })
    await fc.assert(property, draws)
    // The check must not have passed for want of anything to compare; a step function has slope 0 throughout.
    const nonZero = (order: 'first' | 'second') => reports.reduce((sum, report) => sum + report.nonZero[order], 0)
    const flows = operators[kind].gradient !== 'none'
    expect([nonZero('first') > 0, nonZero('second') > 0]).toEqual([flows, flows])
  })
})
