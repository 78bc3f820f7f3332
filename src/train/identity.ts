/** @file Whether a run that goes on is the one that was kept: what is trained must be the same, what executes should be. */
import { digest } from '../base/digest.ts'
import { usageError } from '../base/errors.ts'
import { sizeOf, typeText } from '../base/tensor.ts'
import { type Examples, featureShapeOf, isRowSource, rowSource, rowsOf, targetShapeOf } from '../data/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import { writeModel } from '../graph/proto.ts'
import { type NetGraph, trainingGraph } from './graphs.ts'
import type { TrainingPlan } from './plan.ts'
import type { StepForm } from './stepper.ts'

/** What is trained, on what, how: each as a text that is equal where the thing is. */
export type Identity = Readonly<Record<'parameters' | 'loss' | 'penalty' | 'net' | 'update' | 'data' | 'run', string>>

/** What the parts of an identity are called in a message. */
const words: Readonly<Record<keyof Identity, string>> = {
  run: 'seed and batch size',
  parameters: 'the parameters',
  loss: 'the loss',
  penalty: 'the penalty or constraint',
  net: "the layers' settings",
  update: 'the update rule',
  data: 'the data',
}

/** What a run is executed with. */
export interface Conditions {
  readonly engine: string
  /** Processor and system, where the caller said. */
  readonly machine?: string
  readonly form: StepForm
  /** Most steps in one call. */
  readonly stepsAtOnce: number
  /** Threads of each compiled step, by its sizes. */
  readonly threads: Readonly<Record<string, number>>
}

/** @param net one training step of the plan */
export function identityOf(
  { net, update, training, validation, seed, batchSize }: TrainingPlan,
  step: NetGraph,
): Identity {
  const { parameters, buffers, graph } = step
  return {
    parameters: [...parameters, ...buffers].map(({ name, value }) => `${name} ${typeText(value)}`).join(', '),
    loss: net.loss.name,
    penalty: [net.penalty?.name, net.constraint?.name].filter(Boolean).join(' and ') || 'none',
    // The settings of layers stand nowhere else: a dropout's rate, a leaky ReLU's slope.
    net: `digest ${digest(writeModel(graph))}`,
    update: update.description,
    data: [training, validation].map((part) => (part === undefined ? 'none' : fingerprint(part))).join('; '),
    run: `seed ${seed}, batches of ${batchSize}`,
  }
}

/** Most values that are read for a fingerprint: some milliseconds. */
const mostValues = 4_000_000

/**
 * What tells one set of examples from another: its description, and a digest of its rows, of a sample evenly over them where they
 * are more than four million values.
 */
function fingerprint(data: Examples): string {
  const rows = rowsOf(data)
  const widths = [sizeOf(featureShapeOf(data)), sizeOf(targetShapeOf(data))]
  const sampled = Math.max(1, Math.min(rows, Math.floor(mostValues / (widths[0] + widths[1]))))
  const chosen = Uint32Array.from({ length: sampled }, (_, i) => Math.floor((i * rows) / sampled))
  const inputs = new Float32Array(sampled * widths[0])
  const targets = new (data.task === 'classification' ? Int32Array : Float32Array)(sampled * widths[1])
  rowSource(data).read(chosen, 0, sampled, inputs, targets)
  const digests = [inputs, targets].map(({ buffer }) => digest(new Uint8Array(buffer)))
  const changed = isRowSource(data) && data.augmentation ? `, changed by ${data.augmentation}` : ''
  return `${rows} rows of [${featureShapeOf(data)}] with digest ${digests.join('')}${changed}`
}

/**
 * Whether a run with this plan can go on from there: the check that `runTraining` makes, for who wants to know before.
 *
 * @throws RappelError 'usage' that says what differs
 */
export function checkResumable(plan: TrainingPlan, { identity }: { readonly identity: Identity }): void {
  checkIdentity(identity, identityOf(plan, trainingGraph(plan.net, plan.batchSize)))
}

/** @throws RappelError 'usage' that says what differs: then the kept state means nothing for this run */
export function checkIdentity(kept: Identity, here: Identity): void {
  const odd = (Object.keys(words) as (keyof Identity)[]).find((part) => kept[part] !== here[part])
  if (odd === undefined) return
  throw usageError(
    `${words[odd]} cannot differ from the run that was kept: ${here[odd]} here, ${kept[odd]} there`,
    'resume with the configuration and the data of that run, or start a new one',
  )
}

/** Why the bits may not be those of a run that was never stopped. */
export function differences(kept: Conditions, engine: Engine, machine: string | undefined): string[] {
  const pairs = [
    ['the engine', kept.engine, engine.description],
    ['the machine', kept.machine ?? machine, machine ?? kept.machine],
  ] as const
  return pairs.flatMap(([what, before, now]) =>
    before === now ? [] : [`${what} was ${before} and is ${now}: the same bits cannot be promised`],
  )
}
