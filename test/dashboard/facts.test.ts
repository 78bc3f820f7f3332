/** @file Checks, data, model, set-up: what they compute, by hand. */
import { describe, expect, test } from 'vitest'
import type { Curve } from '../../src/dashboard/documents.ts'
import { placeOnTrack, shares } from '../../src/dashboard/page/panels/checks/bands.ts'
import { coordinatesOf } from '../../src/dashboard/page/panels/checks/coordinates.tsx'
import { sentence, worstFirst } from '../../src/dashboard/page/panels/checks/gradient.tsx'
import { errorsOf } from '../../src/dashboard/page/panels/checks/sweep.tsx'
import { classRows } from '../../src/dashboard/page/panels/data/balance.tsx'
import { featureRows, placeOfPixel, unstandardised } from '../../src/dashboard/page/panels/data/feature-rows.ts'
import { summaryOf } from '../../src/dashboard/page/panels/data/features.tsx'
import { targetText } from '../../src/dashboard/page/panels/data/samples.tsx'
import { modelRows, widthRatio } from '../../src/dashboard/page/panels/model.tsx'
import { commandOf, flat, quoted } from '../../src/dashboard/page/panels/setup/command.ts'
import { phaseShares } from '../../src/dashboard/page/panels/setup/time.tsx'
import { heaped, linePath } from '../../src/dashboard/page/plot.tsx'
import { scaleOf } from '../../src/dashboard/page/scales.ts'
import type { StartEvent } from '../../src/train/events.ts'

describe('axes', () => {
  test('round ticks within the values', () => {
    expect(scaleOf([0, 10]).ticks).toEqual([0, 2, 4, 6, 8, 10])
    expect(scaleOf([-0.3, 0.31], { most: 3 }).ticks).toEqual([-0.2, 0, 0.2])
    expect(scaleOf([2, 4]).at(3)).toBe(0.5)
  })

  test('powers of ten on a logarithmic one, from the top, however far it goes', () => {
    const scale = scaleOf([1e-12, 1, 0, -3, Number.NaN], { isLogarithmic: true, most: 4 })
    expect(scale.ticks).toEqual([1e-12, 1e-8, 1e-4, 1])
    expect(scale.at(1e-6)).toBeCloseTo(0.5, 12)
    expect(scale.at(0)).toBe(Number.NEGATIVE_INFINITY)
  })

  test('one value, or none, has an axis around it', () => {
    expect(scaleOf([5])).toMatchObject({ min: 2.5, max: 7.5 })
    expect(scaleOf([])).toMatchObject({ min: 0, max: 1 })
    expect(scaleOf([], { isLogarithmic: true })).toMatchObject({ min: 1, max: 10 })
  })

  test('a line has a gap where there is no number; heaps leave it out', () => {
    expect(linePath([0, 1, 2, 3], [0, Number.NaN, 1, 2])).toBe('M0.0 0.0M2.0 1.0L3.0 2.0')
    expect(
      heaped([
        [1, 2],
        [3, Number.NaN],
      ]),
    ).toEqual([
      [1, 2],
      [4, 2],
    ])
  })
})

describe('checks', () => {
  test('bands that hold something, in their order, with their shares', () => {
    expect(shares({ wrong: 1, happy: 2, zero: 1 }).map(({ name, share }) => [name, share])).toEqual([
      ['happy', 0.5],
      ['wrong', 0.25],
      ['zero', 0.25],
    ])
    expect(shares({})).toEqual([])
  })

  test('a relative error stands on the track by its logarithm; what is off it, at its ends', () => {
    expect([1e-12, 1e-6, 1, 1e-20, 0, 5].map(placeOnTrack)).toEqual([0, 0.5, 1, 0, 0, 1])
  })

  test('errors of a sweep against the analytic value; one that is exact has the last bit', () => {
    const points = [
      { step: 0.1, difference: 3.03 },
      { step: 1e-3, difference: 3 },
      { step: 1e-15, difference: 0 },
    ]
    const { x, y } = errorsOf(points, 3)
    expect(x).toEqual([0.1, 1e-3, 1e-15])
    expect(y[0]).toBeCloseTo(0.03 / 3.03, 12)
    expect(y.slice(1)).toEqual([2 ** -53, 1])
  })

  test('the worst coordinate is shown where all passed, and not twice where it did not', () => {
    const worst = { index: 4 } as never
    const sweep = { coordinate: worst, points: [] }
    expect(coordinatesOf({ coordinates: [], sweep })).toEqual([worst])
    expect(coordinatesOf({ coordinates: [worst], sweep })).toEqual([worst])
    expect(coordinatesOf({ coordinates: [] })).toEqual([])
  })

  test('tensors that failed come first, the others stay as they are', () => {
    const tensors = (['pass', 'fail', 'inconclusive', 'pass', 'fail'] as const).map((verdict, i) => ({ verdict, i }))
    expect(worstFirst(tensors).map(({ i }) => i)).toEqual([1, 4, 2, 0, 3])
  })

  test('sentences', () => {
    expect(sentence('both are 0')).toBe('Both are 0.')
    expect(sentence("'w': odd.")).toBe("'w': odd.")
  })
})

describe('data', () => {
  test('shares of each class are of its part', () => {
    const data = { training: { rows: 4, classes: [3, 1] }, validation: { rows: 2, classes: [0, 2] } }
    expect(classRows(data, ['no', 'yes'])).toEqual([
      { name: 'no', training: 3, trainingShare: 0.75, validation: 0, validationShare: 0 },
      { name: 'yes', training: 1, trainingShare: 0.25, validation: 2, validationShare: 1 },
    ])
  })

  const list = (...values: number[]) => ({ shape: [values.length], values })
  const arrays = {
    mean: list(0, 1),
    deviation: list(1, 0),
    min: list(-2, 1),
    max: list(2, 1),
    'given/mean': list(10, 5),
    'given/scale': list(3, 1),
  }
  const features = { count: 4, rows: 7, every: 2, names: ['a', 'c'] }

  test('standardisation is undone: x · scale + mean', () => {
    expect(featureRows({ arrays, features })).toEqual([
      {
        index: 0,
        name: 'a',
        given: { mean: 10, deviation: 3, min: 4, max: 16 },
        received: { mean: 0, deviation: 1, min: -2, max: 2 },
        isConstant: false,
      },
      {
        index: 2,
        name: 'c',
        given: { mean: 6, deviation: 0, min: 6, max: 6 },
        received: { mean: 1, deviation: 0, min: 1, max: 1 },
        isConstant: true,
      },
    ])
    const examples = { shape: [2, 2], values: [0, 0, 1, -1] }
    expect(unstandardised(examples, { arrays, form: 'values' }, [2])?.values).toEqual([10, 5, 13, 4])
    expect(unstandardised(examples, { arrays: {}, form: 'values' }, [2])).toBeUndefined()
  })

  test('in words', () => {
    expect(summaryOf(featureRows({ arrays, features }), features, true)).toBe(
      '4 features over 7 rows (one in 2 was looked at); standardised: the net receives deviations from 1 to 1; 1 feature never changes.',
    )
  })

  test('a pixel lies where the data have it: channels first, last, or none', () => {
    expect(placeOfPixel([3, 2, 4], [2, 4, 3])(1, 2, 1)).toBe(1 * 8 + 1 * 4 + 2)
    expect(placeOfPixel([2, 4, 3], [2, 4, 3])(1, 2, 1)).toBe((1 * 4 + 2) * 3 + 1)
    expect(placeOfPixel([64], [8, 8])(1, 2, 0)).toBe(10)
    expect(placeOfPixel([1, 8, 8], [8, 8])(1, 2, 0)).toBe(10)
  })

  test('targets by the names of their classes, numbers as they are', () => {
    expect(targetText(1, ['no', 'yes'])).toBe('yes')
    expect(targetText(7, [])).toBe('7')
    expect(targetText([0.5, -2], [])).toBe('0.5, −2')
  })
})

describe('model', () => {
  const initial = { mean: 0, deviation: 0.5, min: -1, max: 1 }
  const start = {
    data: { featureShape: [8] },
    layers: [
      { name: 'dense1', kind: 'dense', shape: [4], options: { units: 4, bias: true } },
      { name: 'relu1', kind: 'relu', shape: [4] },
      { name: 'block1.dense1', kind: 'dense', shape: [2] },
      { name: 'block1', kind: 'block', shape: [2] },
    ],
    parameters: [
      { name: 'dense1.weight', shape: [8, 4], fanIn: 8, layer: 'dense1', initial },
      { name: 'dense1.bias', shape: [4], layer: 'dense1' },
      { name: 'block1.dense1.weight', shape: [4, 2], fanIn: 4, layer: 'block1.dense1', initial },
      { name: 'own', shape: [3] },
    ],
  } as unknown as StartEvent

  test('a row a layer, with what goes in and out; parameters without a layer behind them', () => {
    const rows = modelRows(start)
    expect(rows.map(({ name, from, to, size }) => [name, from, to, size])).toEqual([
      ['dense1', [8], [4], 36],
      ['relu1', [4], [4], 0],
      ['block1.dense1', undefined, [2], 8],
      ['block1', [4], [2], 0],
      ['own', undefined, undefined, 3],
    ])
    expect(rows[0].options).toBe('bias true')
  })

  test('width of the first weights beside √(2 / 8) = 0.5', () => {
    expect(widthRatio(start.parameters[0])).toBe(1)
    expect(widthRatio(start.parameters[1])).toBeUndefined()
  })
})

describe('set-up', () => {
  test('the command that makes the run again', () => {
    const facts = { configuration: "/home/me/it's mine/rappel.config.ts", seed: 3, environment: { threads: 2 } }
    expect(commandOf({ facts }, 'train')).toBe(
      "rappel train --config '/home/me/it'\\''s mine/rappel.config.ts' --seed 3 --threads 2",
    )
    expect(commandOf({ facts: { seed: 0 } }, 'demo')).toBe('rappel demo --seed 0')
    expect(commandOf({ facts }, 'run')).toBeUndefined()
    expect(commandOf({ facts: { seed: 1 } }, 'train')).toBeUndefined()
    expect(quoted('a/b-c_1.ts')).toBe('a/b-c_1.ts')
    expect(quoted('$(rm)')).toBe("'$(rm)'")
  })

  test('facts as a list', () => {
    expect(flat({ a: 1, b: { c: [1, 2], d: [{ e: 1 }] }, f: null, g: undefined })).toEqual([
      ['a', '1'],
      ['b.c', '1, 2'],
      ['b.d', '[{"e":1}]'],
      ['f', 'null'],
    ])
    expect(flat(undefined, 'seed')).toEqual([])
  })

  test('shares of the phases, over all epochs', () => {
    const curve = (name: string, values: number[]) => ({ name, values }) as unknown as Curve
    const found = phaseShares([
      curve('seconds/step', [1, 2]),
      curve('seconds/probes', [1, Number.NaN]),
      curve('seconds/measuring', [0, 0]),
    ])
    expect(found.map(({ name, share }) => [name, share])).toEqual([
      ['step', 0.75],
      ['probes', 0.25],
    ])
  })
})
