/** @file Batch normalisation's statistics, units at the ends of their range, spikes of recurrent gradients: on the fault, and silent without it. */
import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../../../src/diagnose/events.ts'
import type { LayerFacts, StartEvent } from '../../../../src/train/events.ts'
import { chance, check, end, judged, start } from '../data/runs.ts'

const layer = (name: string, options?: LayerFacts['options']): LayerFacts => ({
  name,
  kind: name.replace(/\d+$/, ''),
  shape: [8],
  ...(options && { options }),
})

/** A hundred steps at one loss, with what is measured at six of them. */
function measured(
  values: (at: number) => Readonly<Record<string, number>>,
  { level = 1, ...facts }: Partial<StartEvent> & { readonly level?: number } = {},
): readonly RunEvent[] {
  const probes = Array.from({ length: 6 }, (_, at): RunEvent => {
    const place = { step: 20 * at, epoch: 2 * at }
    return { type: 'probe', probe: 'all', ...place, values: values(at) }
  })
  return [
    start({ loss: 'ownLoss', ...facts }),
    check(chance(1)),
    { type: 'steps', first: 0, epoch: 0, losses: new Array<number>(100).fill(level) },
    ...probes,
    end(),
  ]
}

describe('batchnorm-statistics', () => {
  const of = (
    [asUsed, inTraining]: readonly [number, number],
    options: LayerFacts['options'] = { momentum: 0.1, dialect: 'pytorch' },
    batchSize = 32,
  ) =>
    judged(
      'batchnorm-statistics',
      ...measured(() => ({ 'evaluated/training/loss': asUsed, 'evaluated/training/lossInTraining': inTraining }), {
        layers: [layer('dense1'), layer('batchNorm1', options)],
        batchSize,
        level: inTraining,
      }),
    )
  test('as used twice as bad as in training', () =>
    expect(of([0.4, 0.2])).toMatchObject({ where: 'batchNorm1', evidence: { asUsed: 0.4, inTraining: 0.2 } }))
  test('a fifth worse, where 0.999^100 = 0.905 of the first values is left; not where 0.9^100 is', () => {
    expect(of([0.24, 0.2], { momentum: 0.001, dialect: 'pytorch' })).toBeDefined()
    expect(of([0.24, 0.2], { momentum: 0.999, dialect: 'onnx' })).toBeDefined()
    expect(of([0.24, 0.2])).toBeUndefined()
  })
  test('batches of two, better as used', () =>
    expect(of([0.5, 0.7], undefined, 2)).toMatchObject({ suggestion: { what: 'batchSize', instead: 2 } }))
  test('a running value of a single batch of four remembers four examples: 4·(2/1 − 1)', () =>
    expect(of([0.5, 0.5], { momentum: 1, dialect: 'pytorch' }, 4)?.evidence.examples).toBe(4))
  test('silent of the noise of training, of batches of two that do well, of nets without it', () => {
    expect(of([0.2, 0.3])).toBeUndefined()
    expect(of([0.01, 0.05], undefined, 2)).toBeUndefined()
    expect(
      judged(
        'batchnorm-statistics',
        ...measured(() => ({ 'evaluated/training/loss': 0.4, 'evaluated/training/lossInTraining': 0.2 })),
      ),
    ).toBeUndefined()
  })
})

describe('saturation', () => {
  const tanh = (shares: (at: number) => number, units: number, level = 0.7) =>
    judged(
      'saturation',
      ...measured((at) => ({ 'saturation/tanh1': shares(at), 'saturated/tanh1': units }), {
        layers: [layer('dense1'), layer('tanh1'), layer('dense2')],
        level,
      }),
    )
  test('from the start on', () => expect(tanh(() => 0.6, 0, 0.05)).toMatchObject({ where: 'tanh1' }))
  test('later, with units at one end for nearly every example', () =>
    expect(tanh((at) => Math.min(0.9, at), 0.5)).toMatchObject({ evidence: { saturation: 0.9, saturatedUnits: 0.5 } }))
  test('silent of units that have become steps, and of a run that does well', () => {
    expect(tanh((at) => Math.min(0.9, at), 0)).toBeUndefined()
    expect(tanh((at) => Math.min(0.9, at), 0.5, 0.05)).toBeUndefined()
  })
  test('an output that is held at its end by targets beyond', () => {
    const of = (task: 'regression' | 'classification') =>
      judged(
        'saturation',
        ...measured((at) => ({ 'saturation/sigmoid1': Math.min(0.6, at), 'saturated/sigmoid1': 0 }), {
          layers: [layer('dense1'), layer('sigmoid1')],
          data: { ...start().data, task },
          level: 0.7,
        }),
      )
    expect(of('regression')).toMatchObject({ where: 'sigmoid1' })
    expect(of('classification')).toBeUndefined()
  })

  /** Of a GRU of 4 units and 3 inputs: 12 sums. */
  const gates = (given: number, own: number) =>
    judged(
      'saturation',
      ...measured(() => ({ 'norm:weight/gru1.inputWeight': given, 'norm:weight/gru1.recurrentWeight': own }), {
        layers: [layer('gru1'), layer('dense1')],
        parameters: [
          ['gru1.inputWeight', [3, 12], 3] as const,
          ['gru1.recurrentWeight', [4, 12], 4] as const,
          ['dense1.weight', [4, 2], 4] as const,
        ].map(([name, shape, fanIn]) => ({
          name,
          shape,
          fanIn,
          initial: { mean: 0, deviation: 0.5, min: -1, max: 1 },
        })),
        level: 0.7,
      }),
    )
  test('gates: sums of deviation 4.18 are beyond 4.18 in 31.7% of the cases (normal table)', () =>
    // ‖W‖²/12 + ‖U‖²/12 = 4.18² with equal parts.
    expect(gates(4.18 * Math.sqrt(6), 4.18 * Math.sqrt(6))?.evidence.saturation).toBeCloseTo(0.3173, 3))
  test('silent of gates of usual weights', () => expect(gates(2, 2)).toBeUndefined())
})

describe('exploding-gradient', () => {
  const spiky = (recurrent: number, last: number, level: number) =>
    judged(
      'exploding-gradient',
      start({
        loss: 'ownLoss',
        layers: [layer('recurrent1'), layer('dense1')],
        parameters: ['recurrent1.inputWeight', 'recurrent1.recurrentWeight', 'dense1.weight'].map((name) => ({
          name,
          shape: [4, 4],
          fanIn: 4,
          initial: { mean: 0, deviation: 0.5, min: -1, max: 1 },
        })),
      }),
      check(chance(1)),
      { type: 'steps', first: 0, epoch: 0, losses: new Array<number>(100).fill(level) },
      ...Array.from({ length: 50 }, (_, i): RunEvent => {
        const jumps = i === 20 || i === 40
        const of = (name: string, times: number) => ({
          [`norm:gradient/${name}`]: 0.1 * (jumps ? times : 1),
          [`norm:weight/${name}`]: 2,
        })
        return {
          type: 'probe',
          probe: 'norms',
          step: 2 * i,
          epoch: i / 5,
          values: { ...of('recurrent1.recurrentWeight', recurrent), ...of('dense1.weight', last) },
        }
      }),
      end(),
    )
  test('two spikes of a hundred times', () =>
    expect(spiky(100, 1, 0.5)).toMatchObject({ where: 'recurrent1.recurrentWeight', evidence: { spikes: 2 } }))
  test('silent where the last weight’s gradient jumps as high, and of a run that does well', () => {
    expect(spiky(100, 100, 0.5)).toBeUndefined()
    expect(spiky(100, 1, 0.02)).toBeUndefined()
  })
})
