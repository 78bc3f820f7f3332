/** @file A real net on real data: what `rappel demo` trains reaches what it should. */
import { expect, test } from 'vitest'
import { runTraining } from '../../src/train/loop.ts'
import { digitsPlan } from './nets.ts'
import { engine } from './steps.ts'

// experiments/digits-accuracy.ts has ten seeds: median .9805, lowest .9694.
test('64-100-10 on digits, 20 epochs, seed 0: at least .96 of the validation part right', async () => {
  const { outcome, epochs } = await runTraining(digitsPlan(0), engine)
  expect(outcome.reason).toBe('finished')
  expect(epochs).toHaveLength(21)
  // At the start a guess: a tenth of 359 right, ±5 standard deviations (.016 each); the loss near ln 10, above it with He's scores.
  expect(Math.abs((epochs[0].validation?.accuracy ?? 0) - 0.1)).toBeLessThan(0.08)
  expect(epochs[20].validation?.accuracy).toBeGreaterThanOrEqual(0.96)
  expect(epochs[20].training?.accuracy).toBeGreaterThanOrEqual(0.99)
  expect(epochs[20].learningRate).toBe(0.1 / 16)
})
