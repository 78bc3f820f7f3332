/** @file Runs that are kept and resumed, for tests: a small net with all that a run carries, and a place for checkpoints in memory. */

import { noise } from '../../src/data/augment.ts'
import { augmented } from '../../src/data/augmented.ts'
import { dense, dropout, relu, sequential } from '../../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../../src/nn/loss.ts'
import { batchNorm } from '../../src/nn/normalisation.ts'
import { l2 } from '../../src/nn/penalty.ts'
import { adam } from '../../src/optim/adam.ts'
import { exponential } from '../../src/optim/schedule.ts'
import type { CheckpointSink, TakenCheckpoint } from '../../src/train/checkpoints.ts'
import type { TrainingEvent } from '../../src/train/events.ts'
import { type RunOptions, runTraining, type TrainingResult } from '../../src/train/loop.ts'
import { makePlan, type PlanParts, type TrainingPlan } from '../../src/train/plan.ts'
import { blobs } from './nets.ts'
import { engine } from './steps.ts'

/** Dropout, batch normalisation, Adam, a rate that decays, augmentation, a smaller last batch: 7 batches of 8 and one of 3. */
export function fullPlan(parts: Partial<PlanParts> = {}): TrainingPlan {
  return makePlan({
    model: sequential(dense(8), batchNorm(), relu(), dropout(0.3), dense(3)),
    loss: softmaxCrossEntropy(),
    penalty: l2(1e-3),
    update: adam({ learningRate: exponential({ from: 0.02, decay: 0.3 }) }),
    training: augmented(blobs(59, 6, 3), noise(0.2), 1),
    validation: blobs(20, 6, 3, 2),
    epochs: 3,
    batchSize: 8,
    seed: 1,
    checkpoint: { everySteps: 1 },
    ...parts,
  })
}

export interface Told extends TrainingResult {
  readonly events: readonly TrainingEvent[]
  readonly taken: readonly TakenCheckpoint[]
}

/** Runs a plan and keeps what it tells. */
export async function run(plan: TrainingPlan, options: RunOptions = {}): Promise<Told> {
  const events: TrainingEvent[] = []
  const taken: TakenCheckpoint[] = []
  const checkpoints: CheckpointSink = { save: async (checkpoint) => void taken.push(checkpoint) }
  const onEvent = (event: TrainingEvent) => {
    events.push(event)
    options.onEvent?.(event)
  }
  const result = await runTraining(plan, engine, { checkpoints, ...options, onEvent })
  return { ...result, events, taken }
}

/** What must be the same bits: the model, and every number that was told, by the step at which it was; no clocks, no grouping. */
export function bitsOf({ parameters, buffers, epochs, outcome, steps, restored }: TrainingResult) {
  const bits = Object.entries({ ...parameters, ...buffers }).map(
    ([name, { data }]) => [name, [...new Uint32Array(data.slice().buffer)]] as const,
  )
  return {
    model: Object.fromEntries(bits),
    epochs: epochs.map((epoch) => ({ ...epoch, seconds: undefined })),
    outcome,
    steps,
    restored,
  }
}

/** The losses told, by their steps. */
export function lossesOf(events: readonly TrainingEvent[]): Map<number, number> {
  const told = events.flatMap((event) =>
    event.type === 'steps' ? event.losses.map((loss, i) => [event.first + i, loss] as const) : [],
  )
  return new Map(told)
}
