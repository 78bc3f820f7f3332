/** @file diverged: a lower rate is advised where steps may have done it, and not where it was so before the first of them. */
import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../../../src/diagnose/events.ts'
import type { StartEvent } from '../../../../src/train/events.ts'
import { judged, start } from '../data/runs.ts'

const layers = ['dense1', 'logarithm1', 'dense2'].map((name) => ({ name, kind: name.slice(0, -1), shape: [8] }))
const graph = (...nonlinear: string[]): Partial<StartEvent> => ({
  layers,
  graph: { output: 'Gemm', linear: [], nonlinear, unused: [] },
  rule: { name: 'sgd', hyper: { learningRate: 0.05 }, scheduled: [], states: [] },
})

function declared(first: string, losses: readonly number[], facts: Partial<StartEvent>) {
  const step = losses.length - 1
  const outcome = { reason: 'diverged' as const, message: 'the loss became NaN', hint: '', first }
  const events: RunEvent[] = [
    start(facts),
    { type: 'steps', first: 0, epoch: 0, losses: [...losses] },
    { type: 'end', outcome, step, epoch: 0 },
  ]
  return judged('diverged', ...events)
}

describe('diverged', () => {
  test('a logarithm that is infinite before the first update: log(1 + x), and no rate', () => {
    const found = declared('logarithm1', [Number.NaN], graph('Relu', 'Log'))
    expect(found).toMatchObject({ where: 'logarithm1', suggestion: { what: 'logOffset', value: 1 } })
    expect(found?.advice).toMatch(/before the first update, at any learning rate.*logarithm1.*log\(1 \+ x\)/)
  })

  test('a root or a division in a layer is named, at any step, and has no number that always helps', () => {
    const found = declared('logarithm1', [1, 1.1, Number.NaN], graph('Sqrt'))
    expect(found?.advice).toMatch(/^Look at logarithm1: .* root/)
    expect(found?.suggestion).toBeUndefined()
  })

  test('odd at once without such an operator: inputs and first values, and no rate', () => {
    const found = declared('loss', [Number.NaN], graph('Relu'))
    expect(found?.advice).toMatch(/first values/)
    expect(found?.suggestion).toBeUndefined()
  })

  test('a value of the data is mended where it stands', () => {
    const found = declared('input', [1, 1, Number.NaN], graph('Log'))
    expect(found?.advice).toMatch(/Mend that value/)
    expect(found?.suggestion).toBeUndefined()
  })

  test('after some steps, of a tensor: a tenth of the rate, also with a logarithm in the net', () =>
    expect(declared('dense1.weight', [1, 1.1, Number.NaN], graph('Log'))).toMatchObject({
      suggestion: { what: 'learningRate', value: 0.005, instead: 0.05 },
    }))
})
