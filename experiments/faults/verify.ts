/** @file Whether the faults of the library are ones: each beside the same training without it. */
import { nativeEngine } from '../../src/engine/native.ts'
import type { EpochEvent } from '../../src/train/events.ts'
import { runTraining } from '../../src/train/loop.ts'
import { planOf } from './record.ts'
import { type Run, type Situation, seeds } from './situation.ts'

/** Prints, for each situation and seed, what training and validation came to with the fault and without it. */
export async function verify(situations: readonly Situation[]): Promise<void> {
  const engine = await nativeEngine({ threads: 1 })
  const reached = async (run: Run, seed: number): Promise<string> => {
    if ('events' in run) return 'a foreign loop'
    const plan = await planOf(run, seed)
    const { epochs, outcome } = await runTraining({ ...plan, probes: [] }, engine)
    return `${measured(epochs)}${outcome.reason === 'finished' ? '' : `, ${outcome.reason}`}`
  }
  for (const situation of situations)
    for (const seed of seeds) {
      const { name, fault, mended } = situation
      console.log(`${name}-${seed} (${fault?.cause ?? 'healthy'}): ${await reached(situation.run(seed), seed)}`)
      if (mended !== undefined) console.log(`${' '.repeat(name.length)}   mended: ${await reached(mended(seed), seed)}`)
    }
}

/** Of the first epoch, the best and the last: losses, and accuracies where there are any. */
function measured(epochs: readonly EpochEvent[]): string {
  const last = epochs[epochs.length - 1]
  const best = Math.min(...epochs.map(({ validation }) => validation?.loss ?? Number.NaN))
  const number = (value: number | undefined) => value?.toPrecision(3) ?? '–'
  return [
    `validation ${number(epochs[0].validation?.loss)} → ${number(last.validation?.loss)} (best ${number(best)})`,
    `accuracy ${number(last.validation?.accuracy)}`,
    `training ${number(last.training?.loss)}, ${number(last.training?.accuracy)}`,
  ].join(', ')
}
