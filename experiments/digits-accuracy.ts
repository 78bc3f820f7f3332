/** @file Validation accuracy of `rappel demo`'s net on digits over ten seeds, each with its own split, order and first values. */
import { demoConfig } from '../src/cli/demo-config.ts'
import { nativeEngine } from '../src/engine/native.ts'
import { planFromConfig } from '../src/train/config.ts'
import { runTraining } from '../src/train/loop.ts'

const engine = await nativeEngine()
const accuracies: number[] = []
const now = () => performance.now()
for (let seed = 0; seed < 10; seed++) {
  const startedAt = now()
  const { epochs, outcome, stepsPerSecond } = await runTraining(await planFromConfig(demoConfig(), { seed }), engine, {
    now,
  })
  const { validation, training } = epochs[epochs.length - 1]
  accuracies.push(validation?.accuracy ?? Number.NaN)
  console.log(
    `seed ${seed}: ${outcome.reason}, validation ${validation?.accuracy?.toFixed(4)} (loss ${validation?.loss.toFixed(4)}),`,
    `training ${training?.accuracy?.toFixed(4)}, ${((now() - startedAt) / 1000).toFixed(2)} s, ${Math.round(stepsPerSecond ?? 0)} steps/s`,
  )
}
const sorted = accuracies.toSorted((a, b) => a - b)
const median = (sorted[4] + sorted[5]) / 2
console.log(`median ${median.toFixed(4)}, from ${sorted[0].toFixed(4)} to ${sorted[9].toFixed(4)}`)
if (!(median >= 0.97)) {
  console.log('expected a median of at least 0.97')
  process.exitCode = 1
}
