/** @file The first event of a run. */
import { featureShapeOf, isRowSource, rowsOf } from '../data/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import type { StartEvent } from './events.ts'
import type { TrainingPlan } from './plan.ts'
import { layerShapes } from './probes/layers.ts'
import type { TrainingState } from './state.ts'
import type { Stepper } from './stepper.ts'

/** What is being trained, on what, with what. @param stepper of the first batches */
export function startEvent(plan: TrainingPlan, state: TrainingState, engine: Engine, stepper: Stepper): StartEvent {
  const { name, net, update, training, validation, epochs, batchSize, seed, hyper } = plan
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
    parameters: state.parameters.map(({ name, value }) => ({ name, shape: value.shape })),
    layers: layerShapes(net),
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
