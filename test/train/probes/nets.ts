/** @file Runs with probes, and what they told. */
import { dense, dropout, relu, sequential, tanh } from '../../../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../../../src/nn/loss.ts'
import { batchNorm } from '../../../src/nn/normalisation.ts'
import { l2 } from '../../../src/nn/penalty.ts'
import { adam } from '../../../src/optim/adam.ts'
import { exponential } from '../../../src/optim/schedule.ts'
import type { ProbeEvent, TrainingEvent } from '../../../src/train/events.ts'
import { type RunOptions, runTraining, type TrainingResult } from '../../../src/train/loop.ts'
import { makePlan, type PlanParts, type TrainingPlan } from '../../../src/train/plan.ts'
import type { Probe } from '../../../src/train/probes/probe.ts'
import { blobs } from '../nets.ts'
import { engine } from '../steps.ts'

/** 53 examples of 6 numbers in batches of 5 (the last of 3), through dropout, batch normalisation, ReLU and tanh, with Adam. */
export function mixedPlan(parts: Partial<PlanParts> = {}): TrainingPlan {
  return makePlan({
    model: sequential(dense(9), batchNorm(), relu(), dropout(0.3), dense(5), tanh(), dropout(0.2), dense(3)),
    loss: softmaxCrossEntropy(),
    penalty: l2(1e-3),
    update: adam({ learningRate: exponential({ from: 0.02, decay: 0.1 }) }),
    training: blobs(53, 6, 3),
    validation: blobs(20, 6, 3, 2),
    epochs: 2,
    batchSize: 5,
    seed: 3,
    ...parts,
  })
}

export interface Probed extends TrainingResult {
  readonly events: readonly TrainingEvent[]
  readonly probed: readonly ProbeEvent[]
}

/** Trains, and keeps what was told. */
export async function probe(
  plan: TrainingPlan,
  probes: readonly Probe[],
  options: Omit<RunOptions, 'onEvent'> = {},
): Promise<Probed> {
  const events: TrainingEvent[] = []
  const result = await runTraining({ ...plan, probes }, engine, { ...options, onEvent: (event) => events.push(event) })
  return { ...result, events, probed: events.filter((event) => event.type === 'probe') }
}
