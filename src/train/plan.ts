/** @file The plan of a run: everything that training needs, decided and checked, and nothing else. */
import { checkInteger, RappelError, usageError } from '../base/errors.ts'
import { typeText } from '../base/tensor.ts'
import { type Examples, featureShapeOf, rowsOf, targetShapeOf } from '../data/dataset.ts'
import type { Standardisation } from '../data/standardise.ts'
import { sameType } from '../graph/graph.ts'
import { operators } from '../graph/ops/index.ts'
import { freeBatch } from '../graph/symbolic.ts'
import type { ValueType } from '../graph/types.ts'
import type { Constraint } from '../nn/constraint.ts'
import type { Loss } from '../nn/loss.ts'
import type { Layer } from '../nn/model.ts'
import type { Penalty } from '../nn/penalty.ts'
import type { UpdateRule } from '../optim/update-rule.ts'
import { type CheckpointOptions, checkCheckpointOptions } from './checkpoint-schedule.ts'
import { checkEarlyStopping, type EarlyStopping } from './early-stopping.ts'
import { forwardGraph, measuringGraph, type NetDescription, penaltyGraph } from './graphs.ts'
import { checkProbes, type Probe } from './probes/probe.ts'
import { checkRollBack, type RollBack } from './roll-back.ts'

export interface TrainingPlan {
  /** What the data are called, for the record; default: the training part's name. */
  readonly name: string
  readonly net: NetDescription
  readonly update: UpdateRule
  /** As the net receives it: standardised, and augmented where it says so (`augmented`). */
  readonly training: Examples
  readonly validation?: Examples
  /** What was done to the inputs; the exported model does it itself. */
  readonly standardisation?: Standardisation
  readonly epochs: number
  readonly batchSize: number
  readonly seed: number
  /** For the record: the hyperparameters from which the rest was made. */
  readonly hyper: Readonly<Record<string, unknown>>
  /** Threads within one operator; default: by the size of the net. */
  readonly threads?: number
  /** When checkpoints are taken, where there is somebody to keep them. */
  readonly checkpoint?: CheckpointOptions
  readonly earlyStopping?: EarlyStopping
  readonly rollBack?: RollBack
  /** What is measured on the way; default: nothing but losses and accuracies. */
  readonly probes?: readonly Probe[]
}

/** What a plan is made from. */
export interface PlanParts extends Omit<TrainingPlan, 'net' | 'hyper' | 'name'> {
  readonly name?: string
  readonly model: Layer
  readonly loss: Loss
  readonly penalty?: Penalty
  readonly constraint?: Constraint
  readonly hyper?: TrainingPlan['hyper']
}

/**
 * Puts a plan together and checks that its parts fit: the loss and the data, the net's outputs and the targets.
 *
 * @throws RappelError that names what does not fit
 */
export function makePlan({ model, loss: given, penalty, constraint, hyper = {}, ...rest }: PlanParts): TrainingPlan {
  checkInteger('epochs', rest.epochs, 1)
  checkInteger('batchSize', rest.batchSize, 1)
  checkInteger('seed', rest.seed)
  if (rest.threads !== undefined) checkInteger('threads', rest.threads, 1)
  if (rest.probes !== undefined) checkProbes(rest.probes)
  const { training, validation } = rest
  if (validation !== undefined) checkAlike(training, validation)
  checkHowItEnds(rest)
  const loss = training.task === 'classification' ? (given.forClasses ?? given) : given
  if (loss.task !== training.task)
    throw new RappelError(
      'data',
      `the loss ${loss.name} is for ${loss.task}, the data ${training.name} are for ${training.task}`,
      training.task === 'classification' ? 'use loss.softmaxCrossEntropy()' : 'use loss.squaredError()',
    )
  const net: NetDescription = {
    model,
    loss,
    penalty,
    constraint,
    featureShape: featureShapeOf(training),
    targetShape: targetShapeOf(training),
  }
  checkOutputs(net, training)
  constraint?.limits(forwardGraph(net, 2).parameters) // says what it does not find
  penaltyGraph(net) // names of layers that do not exist are told now, not when the run has started
  // What would stop the export of the trained model stops the run before it starts.
  freeBatch((batch) => forwardGraph(net, batch).graph, operators)
  return { net, hyper, name: training.name, ...rest, batchSize: Math.min(rest.batchSize, rowsOf(training)) }
}

function checkHowItEnds({
  training,
  validation,
  update,
  checkpoint,
  earlyStopping,
  rollBack,
}: Omit<PlanParts, 'model' | 'loss'>): void {
  if (checkpoint !== undefined) checkCheckpointOptions(checkpoint)
  if (earlyStopping !== undefined) {
    checkEarlyStopping(earlyStopping)
    if (validation === undefined)
      throw usageError('earlyStopping needs validation data, and there are none', 'give the plan a validation part')
    if (earlyStopping.measure === 'accuracy' && training.task === 'regression')
      throw usageError("earlyStopping: measure is 'accuracy', which regression has not", "use measure: 'loss'")
  }
  if (rollBack === undefined) return
  checkRollBack(rollBack)
  if (update.hyper.learningRate === undefined)
    throw usageError(
      `rollBack lowers the learning rate, and the rule ${update.name} has no hyperparameter of that name`,
      "call its rate 'learningRate', or leave out rollBack",
    )
}

/** What the net learns from and what it is measured on must have the same inputs and targets, class for class. */
function checkAlike(training: Examples, validation: Examples): void {
  const [ours, theirs] = [training, validation].map(described)
  if (ours === theirs) return
  throw new RappelError(
    'data',
    `the validation data are ${theirs}, the training data are ${ours}`,
    'let both come from the same data: split() makes such parts',
  )
}

function described(data: Examples): string {
  const inputs = `for ${data.task} with inputs [${featureShapeOf(data)}]`
  if (data.task === 'regression') return `${inputs} and targets [${targetShapeOf(data)}]`
  return `${inputs} and the ${data.classes.length} classes ${data.classes.map((name) => JSON.stringify(name)).join(', ')}`
}

function checkOutputs(net: NetDescription, data: Examples): void {
  const { graph, parameters } = forwardGraph(net, 2)
  if (parameters.length === 0)
    throw new RappelError(
      'usage',
      'the model has no parameters, so there is nothing to train',
      'add a layer such as nn.dense(10)',
    )
  if (data.task === 'regression') return void measuringGraph(net, 2) // the loss says what does not fit
  const [output] = graph.outputs
  const classes = data.classes.length
  const scores = net.loss.outputs?.(classes) ?? classes
  const expected: ValueType = { dtype: 'float32', shape: [2, ...net.targetShape, scores] }
  if (sameType(output, expected)) return
  throw new RappelError(
    'shape',
    `the net gives ${typeText(output)} for 2 examples, and the data have ${classes} classes, expected ${typeText(expected)}`,
    output.shape.length > expected.shape.length
      ? 'put nn.flatten() in front of the last dense layer'
      : `let the last layer be nn.dense(${scores})`,
  )
}
