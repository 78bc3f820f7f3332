/** @file A training of some steps whose losses are all that is wanted. */
import { rowsOf } from '../data/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import { runTraining } from './loop.ts'
import type { TrainingPlan } from './plan.ts'

export interface TrialOptions {
  /** Ends the trial after the call in progress: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal
  /** Gets the losses so far, and ends the trial early by returning true. */
  readonly isEnough?: (losses: Float64Array, steps: number) => boolean
}

/** The batch losses of so many steps; NaN behind a divergence or an early end. Nothing else of the plan is measured or kept. */
export async function trialLosses(
  plan: TrainingPlan,
  engine: Engine,
  steps: number,
  { signal, isEnough }: TrialOptions = {},
): Promise<Float64Array> {
  const losses = new Float64Array(steps).fill(Number.NaN)
  const stop = new AbortController()
  const { batchSize, training } = plan
  const short = {
    ...plan,
    validation: undefined,
    earlyStopping: undefined,
    rollBack: undefined,
    checkpoint: undefined,
    probes: [],
    epochs: Math.ceil((steps * batchSize) / rowsOf(training)),
  }
  await runTraining(short, engine, {
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
    onEvent(event) {
      if (event.type !== 'steps') return
      event.losses.forEach((loss, i) => {
        if (event.first + i < steps) losses[event.first + i] = loss
      })
      const done = event.first + event.losses.length
      if (done >= steps || isEnough?.(losses, done)) stop.abort()
    },
  })
  signal?.throwIfAborted()
  return losses
}
