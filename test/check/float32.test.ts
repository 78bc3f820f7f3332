/** @file The float32 step beside float64 gradients. */
import { expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { checkFloat32, deviationOf, greatestEntries } from '../../src/check/float32.ts'
import { modelEvaluator } from '../../src/check/model.ts'
import { squaredError } from '../../src/nn/loss.ts'
import { dense, relu, sequential } from '../../src/nn/nn.ts'
import { engine } from '../graph/evaluate.ts'
import { layerCases, pointOf } from './model-nets.ts'

const [given] = layerCases

async function gradientOf(net: typeof given.net, point: ReturnType<typeof pointOf>) {
  const evaluator = await modelEvaluator(net, engine, point)
  const { gradient } = await evaluator.analytic()
  await evaluator.release()
  return gradient
}

test('agrees within float32 rounding', async () => {
  const point = pointOf(given, 'data')
  const report = await checkFloat32(given.net, engine, point, await gradientOf(given.net, point))
  expect([report.verdict, report.kinks]).toEqual(['pass', 0])
  const deviations = report.tensors.map(({ deviation }) => deviation)
  expect(Math.max(...deviations)).toBeLessThan(1e-5)
  // It is another computation: all equal would mean that nothing was compared.
  expect(Math.max(...deviations)).toBeGreaterThan(1e-9)
})

test('one entry a thousandth off is doubtful, a tenth off is wrong; the tensor is named', async () => {
  const point = pointOf(given, 'data')
  const gradient = await gradientOf(given.net, point)
  const off = (share: number) =>
    gradient.map((values, t) => {
      if (t !== 2) return values
      const greatest = Math.max(...values.map(Math.abs))
      return values.with(0, values[0] + share * greatest)
    })
  const doubtful = await checkFloat32(given.net, engine, point, off(1e-3))
  expect([doubtful.verdict, doubtful.tensors[2].verdict]).toEqual(['inconclusive', 'inconclusive'])
  expect(doubtful.tensors[2].deviation).toBeCloseTo(1e-3, 4)
  const wrong = await checkFloat32(given.net, engine, point, off(0.1))
  expect(wrong.tensors.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'fail', 'pass', 'pass', 'pass'])
  expect(wrong.words).toMatch(/is 1\.0e-1 of its greatest entry off in dense2\.weight/)
})

test('where gradients are small because examples are fitted, those of other points are the unit', async () => {
  const point = pointOf(given, 'data')
  const gradient = await gradientOf(given.net, point)
  const off = gradient.map((values) => values.map((value) => value * (1 + 1e-3)))
  expect((await checkFloat32(given.net, engine, point, off)).verdict).toBe('inconclusive')
  const units = greatestEntries(gradient).map((here) => 100 * here)
  expect((await checkFloat32(given.net, engine, point, off, units)).verdict).toBe('pass')
})

test('a unit that float32 puts on the other side of its kink says nothing', async () => {
  // 1 + 2⁻³⁰ − 1 is above 0, and 0 in float32, where the sum rounds to 1.
  const model = sequential(dense(1, { bias: false }), relu())
  const net = { model, loss: squaredError(), featureShape: [3], targetShape: [1] }
  const point = {
    part: 'data',
    parameters: { 'dense1.weight': tensor('float32', [3, 1], [1, 2 ** -30, -1]) },
    inputs: tensor('float32', [1, 3], [1, 1, 1]),
    targets: tensor('float32', [1, 1], [-1]),
  } as const
  const report = await checkFloat32(net, engine, point, await gradientOf(net, point))
  expect([report.verdict, report.kinks]).toEqual(['inconclusive', 1])
  expect(report.words).toMatch(/1 unit chose another side than in float64/)
})

test('the deviation of NaN is NaN, of equal values 0, whatever the scale', () => {
  expect(deviationOf([1, Number.NaN, 2], Float64Array.of(1, 1, 2), 1)).toBeNaN()
  expect(deviationOf([0, 0], Float64Array.of(0, 0), 0)).toBe(0)
  expect(deviationOf([3, 1], Float64Array.of(2, 1), 4)).toBe(0.25)
})
