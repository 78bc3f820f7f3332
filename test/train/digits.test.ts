/** @file A real net on real data: what `rappel demo` trains reaches what it should. */
import { expect, test } from 'vitest'
import { demoConfig } from '../../src/cli/demo-config.ts'
import { planFromConfig } from '../../src/train/config.ts'
import { runTraining } from '../../src/train/loop.ts'
import { engine } from './steps.ts'

// Measured (experiments/digits-accuracy.ts prints them): median .9763, from .9666 to .9861. One example is .0028.
test('64-100-10 on digits, 20 epochs, seeds 0 to 9: each at least .96, their median at least .97', async () => {
  const accuracies: number[] = []
  for (let seed = 0; seed < 10; seed++) {
    const { outcome, epochs } = await runTraining(await planFromConfig(demoConfig(), { seed }), engine)
    const { training, validation, learningRate } = epochs[20]
    expect([outcome.reason, epochs.length, learningRate]).toEqual(['finished', 21, 0.1 / 8])
    expect([validation?.examples, training?.examples]).toEqual([359, 1438])
    expect(training?.accuracy).toBeGreaterThanOrEqual(0.99)
    accuracies.push(validation?.accuracy ?? Number.NaN)
    // At the start a guess: a tenth of 359 right, a standard deviation of .016 for independent guesses; a net's hang together.
    expect(epochs[0].validation?.accuracy).toBeLessThan(0.25)
  }
  const sorted = accuracies.toSorted((a, b) => a - b)
  expect(sorted[0]).toBeGreaterThanOrEqual(0.96)
  expect((sorted[4] + sorted[5]) / 2).toBeGreaterThanOrEqual(0.97)
})
