/** @file initial-loss-high: the last layer's deviation that is advised, 1/√fan-in (LeCun et al. 1998, section 4.6). */
import { expect, test } from 'vitest'
import { check, finding, judged, start } from '../data/runs.ts'

// Guessing four classes costs ln 4 = 1.386; ten times that is the first loss.
const evidence = { expected: 13.86, chance: 1.386, equalScores: 1.386 }
const initial = (deviation: number) => ({ mean: 0, deviation, min: -1, max: 1 })
const net = start({
  parameters: [
    { name: 'dense1.weight', shape: [20, 100], fanIn: 20, initial: initial(0.3) },
    { name: 'dense2.weight', shape: [100, 4], fanIn: 100, initial: initial(3) },
    { name: 'dense2.bias', shape: [4] },
  ],
  graph: { output: 'Gemm', linear: [], nonlinear: ['Relu'], unused: [] },
})

test('a deviation of 1/√100 for the last weight, also behind ReLUs', () =>
  expect(
    judged('initial-loss-high', net, check(finding({ check: 'loss', code: 'initial-loss-high', evidence }))),
  ).toMatchObject({ where: 'dense2.weight', suggestion: { what: 'outputDeviation', value: 0.1, instead: 3 } }))

test('silent where the first loss is that of guessing', () =>
  expect(
    judged(
      'initial-loss-high',
      net,
      check(finding({ check: 'loss', verdict: 'pass', evidence: { ...evidence, expected: 1.7 } })),
    ),
  ).toBeUndefined())
