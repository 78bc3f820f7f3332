/** @file The first event of a run. */
import { featureShapeOf, isRowSource, rowsOf } from '../data/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import type { StartEvent } from './events.ts'
import { netFacts } from './facts/net-facts.ts'
import { plannedRates, ruleFacts } from './facts/rule-facts.ts'
import type { TrainingPlan } from './plan.ts'
import type { TrainingState } from './state.ts'
import type { Stepper } from './stepper.ts'

/** What is being trained, on what, with what. @param stepper of the first batches */
export function startEvent(plan: TrainingPlan, state: TrainingState, engine: Engine, stepper: Stepper): StartEvent {
  const { name, net, update, training, validation, epochs, batchSize, seed, hyper } = plan
  const learningRates = plannedRates(update, { epochs, batchSize, rows: rowsOf(training) })
  return {
    type: 'start',
    seed,
    data: {
      name,
      task: training.task,
      training: rowsOf(training),
      validation: validation === undefined ? 0 : rowsOf(validation),
      featureShape: featureShapeOf(training),
      ...(training.task === 'classification' && { classes: training.classes }),
    },
    ...netFacts(net, state, seed),
    rule: ruleFacts(update),
    ...(learningRates && { learningRates }),
    ...(isRowSource(training) && training.augmentation && { augment: training.augmentation }),
    loss: net.loss.name,
    ...(net.penalty && { penalty: net.penalty.name }),
    ...(net.constraint && { constraint: net.constraint.name }),
    update: update.description,
    epochs,
    batchSize,
    hyper,
    engine: engine.description,
    form: stepper.form,
    threads: stepper.threads,
  }
}
