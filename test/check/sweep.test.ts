/** @file The sweep over steps: by formulas whose truncation and rounding are known. */
import { describe, expect, test } from 'vitest'
import { gradientCheck } from '../../src/check/gradient-check.ts'
import { checkModel } from '../../src/check/model-check.ts'
import type { SweepPoint } from '../../src/check/report.ts'
import { softmaxCrossEntropy } from '../../src/nn/loss.ts'
import { dense, dropout, sequential, tanh } from '../../src/nn/nn.ts'
import { sgd } from '../../src/optim/sgd.ts'
import { makePlan } from '../../src/train/plan.ts'
import { engine } from '../graph/evaluate.ts'
import { blobs } from '../train/nets.ts'

const cubic = (factor: number) => ({
  loss: (x: readonly number[]) => x[0] ** 3,
  gradient: (x: readonly number[]) => [3 * factor * x[0] ** 2],
})

describe('of a cube at 1: the difference is 3 + h²', () => {
  test('16 steps from 16 times the scale down, each as the formula says, within its rounding', async () => {
    const report = await gradientCheck(cubic(1), [1], { sweep: true })
    const { points, coordinate } = report.tensors[0].sweep ?? { points: [] }
    expect(coordinate).toMatchObject({ index: 0, analytic: 3, verdict: 'pass' })
    expect(points.map(({ step }) => step).sort((a, b) => b - a)).toEqual(
      Array.from({ length: 16 }, (_, i) => 2 ** (4 - 3 * i)),
    )
    // Two losses near (1 + h)³, each off by some roundings, over 2h.
    for (const { step, difference } of points)
      expect(Math.abs(difference - (3 + step ** 2))).toBeLessThanOrEqual((4 * 2 ** -52 * (1 + step) ** 3) / step)
  })

  test('a wrong gradient has no valley: no step comes near it', async () => {
    const report = await gradientCheck(cubic(1.01), [1], { sweep: true })
    const { points, coordinate } = report.tensors[0].sweep ?? { points: [] }
    expect(coordinate?.verdict).toBe('fail')
    expect(Math.min(...points.map(({ difference }) => Math.abs(difference - 3.03)))).toBeGreaterThan(0.01)
  })

  test('only where it is asked for, and what it computes is not counted', async () => {
    const [without, swept] = [await gradientCheck(cubic(1), [1]), await gradientCheck(cubic(1), [1], { sweep: true })]
    expect(without.tensors[0].sweep).toBeUndefined()
    expect(swept.evaluations).toEqual(without.evaluations)
    expect({ ...swept.tensors[0], sweep: 0 }).toEqual({ ...without.tensors[0], sweep: 0 })
  })
})

describe('of a net', () => {
  const plan = makePlan({
    model: sequential(dense(6), tanh(), dropout(0.3), dense(3)),
    loss: softmaxCrossEntropy(),
    training: blobs(40, 4, 3),
    update: sgd({ learningRate: 0.05 }),
    epochs: 1,
    batchSize: 10,
    seed: 1,
  })
  /** How near to the analytic value the differences come, relative to it. */
  const least = (points: readonly SweepPoint[], analytic: number) =>
    Math.min(...points.map(({ difference }) => Math.abs(difference - analytic) / Math.abs(analytic)))

  test('each tensor has a valley: below 1e-8 in float64, between 1e-7 and 1e-2 in float32, on the same masks', async () => {
    const { points } = await checkModel(plan, engine, { burnIn: 0 })
    const sweeps = points[0].data.tensors.map(({ sweep }) => sweep)
    expect(sweeps).toHaveLength(4)
    for (const sweep of sweeps) {
      if (sweep === undefined) throw new Error('no sweep')
      const { coordinate, points: wide, float32 = [] } = sweep
      expect(least(wide, coordinate.analytic)).toBeLessThan(1e-8)
      expect(least(float32, coordinate.analytic)).toBeGreaterThan(1e-8)
      expect(least(float32, coordinate.analytic)).toBeLessThan(1e-2)
      // At a large step both see the same curve.
      const [{ step, difference }] = float32
      expect(wide.find((point) => point.step === step)?.difference).toBeCloseTo(difference, 5)
    }
  })
})
