/** @file Configurations: a project in one object, from which the plan of a run is made. */
import { nearest, show, suggestion, usageError } from '../base/errors.ts'
import { type Augmentation, compose } from '../data/augment.ts'
import { augmented } from '../data/augmented.ts'
import type { LoadOptions } from '../data/progress.ts'
import { type DataSource, isParts, loadParts, type PartSources } from '../data/source.ts'
import { fitStandardisation } from '../data/standardise.ts'
import { type Provider, providers } from '../engine/engine.ts'
import type { Constraint } from '../nn/constraint.ts'
import type { Loss } from '../nn/loss.ts'
import type { Layer } from '../nn/model.ts'
import type { Penalty } from '../nn/penalty.ts'
import type { UpdateRule } from '../optim/update-rule.ts'
import { type CheckpointOptions, checkCheckpointOptions } from './checkpoint-schedule.ts'
import { checkEarlyStopping, type EarlyStopping } from './early-stopping.ts'
import { makePlan, type TrainingPlan } from './plan.ts'
import { standard } from './probes/index.ts'
import { checkProbes, type Probe } from './probes/probe.ts'
import { checkRollBack, type RollBack } from './roll-back.ts'

/** A hyperparameter that a search varies (`space.…`): training takes its default. */
export interface Searched<T> {
  readonly searched: string
  readonly default: T
}

/** The hyperparameters as the functions of a configuration get them: every space is a plain value. */
export type Resolved<H> = { readonly [K in keyof H]: H[K] extends Searched<infer T> ? T : H[K] }

/** A value, or a function of the hyperparameters that gives it. */
export type FromHyper<H, T> = T | ((hyper: Resolved<H>) => T)

export interface Config<H = Readonly<Record<string, unknown>>> {
  /**
   * A data set, or where to read one: `digits()`, `csv('file.csv')`, `dataset({…})`. Its validation part is split off by seed;
   * or both parts are given: `{ training: mnist(folder), validation: mnist(folder, { part: 'test' }) }`.
   */
  readonly data: DataSource | PartSources
  /** Every hyperparameter by name: a plain value is fixed, a `space.…` is searched and trains at its default. */
  readonly hyper?: H
  readonly model: FromHyper<H, Layer>
  readonly loss: FromHyper<H, Loss>
  readonly penalty?: FromHyper<H, Penalty>
  /** What the weights are brought back to after every update: `constraint.maxNorm(3)`. */
  readonly constraint?: FromHyper<H, Constraint>
  /** The update rule: `optim.…`. */
  readonly update: FromHyper<H, UpdateRule>
  /** How often every training example is seen. */
  readonly epochs: FromHyper<H, number>
  readonly batchSize: FromHyper<H, number>
  /** The validation part: below 1 a share of all rows, otherwise a number of rows; default 0.2. Not where `data` gives both parts. */
  readonly validation?: number
  /**
   * Inputs to mean 0 and deviation 1, fitted on the training part: by 'feature', or with one scale for 'all'. Default true:
   * 'all' where all features have one unit (images), 'feature' otherwise. False leaves them as they are; the default where they
   * are numbers of categories (characters).
   */
  readonly standardise?: boolean | 'feature' | 'all'
  /** Random changes of the training examples, new in every epoch, before they are standardised: `augment.shift(2)`, or a list. */
  readonly augment?: FromHyper<H, Augmentation | readonly Augmentation[]>
  /**
   * What is measured while it learns: a list such as `[...probe.standard(), probe.curvature()]`; default `probe.standard()`. False:
   * nothing but losses and accuracies.
   */
  readonly probes?: false | readonly Probe[]
  /** A whole number; default 0. */
  readonly seed?: number
  /** Where to execute; default 'cpu'. */
  readonly provider?: Provider
  /** Threads within one operator; default: by the size of the net. */
  readonly threads?: number
  /** When checkpoints are taken: `{ everySeconds: 30 }` is the default, and one is taken at the end. */
  readonly checkpoint?: CheckpointOptions
  /** Ends the run when the validation data have not been measured better for so many epochs: `{ patience: 5 }`. */
  readonly earlyStopping?: EarlyStopping
  /** After a divergence the run goes on from before it with lower rates, `{ factor: 0.1, times: 3 }`; default: it ends. */
  readonly rollBack?: RollBack
}

/** A number of threads above this is a slip of the finger, and the runtime would start them all. */
const mostThreads = 256

/** What a value may be. */
interface Kind {
  readonly expected: string
  fits(value: unknown): boolean
  hint?(value: unknown): string | undefined
}

interface Field extends Kind {
  readonly required?: true
  /** Whether a function of the hyperparameters may stand in its place. */
  readonly fromHyper?: true
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isPromise = (value: unknown) => isObject(value) && 'then' in value
const isA = (mark: string) => (value: unknown) => isObject(value) && mark in value
const isWhole = (min: number, max?: number): Kind => ({
  expected: `a whole number from ${min} ${max === undefined ? 'up' : `to ${max}`}`,
  fits: (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= (max ?? Number(value)),
})
const isOneOf = (values: readonly unknown[]): Kind => ({
  expected: `one of ${values.map(show).join(', ')}`,
  fits: (value) => values.includes(value),
  hint(value) {
    const near = nearest(String(value), values.map(String))
    return near && `did you mean '${near}'?`
  },
})

/** An object of options. @param check says what does not fit within it */
const options = <T extends object>(example: string, check: (options: T) => void): Kind => ({
  expected: `an object such as ${example}`,
  fits(value) {
    if (!isObject(value) || Array.isArray(value)) return false
    check(value as T)
    return true
  },
})

const fields: Record<keyof Config, Field> = {
  data: {
    required: true,
    expected: "a data set such as digits() or csv('file.csv')",
    fits: (value) => isObject(value) && !isPromise(value),
    hint: (value) => (isPromise(value) ? 'write: data: await …' : undefined),
  },
  hyper: {
    expected: 'an object: each hyperparameter by its name',
    fits: (value) => isObject(value) && !Array.isArray(value),
  },
  model: { required: true, fromHyper: true, expected: 'a layer such as nn.sequential(…)', fits: isA('build') },
  loss: {
    required: true,
    fromHyper: true,
    expected: 'a loss such as loss.softmaxCrossEntropy()',
    fits: isA('perExample'),
  },
  penalty: {
    fromHyper: true,
    expected: 'a penalty such as penalty.l2(1e-4)',
    fits: isA('of'),
    hint: (value) => (isA('limits')(value) ? 'a constraint has a field of its own: constraint: …' : undefined),
  },
  constraint: { fromHyper: true, expected: 'a constraint such as constraint.maxNorm(3)', fits: isA('limits') },
  update: {
    required: true,
    fromHyper: true,
    expected: 'an update rule such as optim.momentum({…})',
    fits: isA('program'),
  },
  epochs: { required: true, fromHyper: true, ...isWhole(1) },
  batchSize: { required: true, fromHyper: true, ...isWhole(1) },
  validation: {
    expected: 'a share between 0 and 1, or a whole number of rows',
    fits: (value) => typeof value === 'number' && value > 0 && (value < 1 || Number.isSafeInteger(value)),
  },
  standardise: isOneOf([true, false, 'feature', 'all']),
  augment: {
    fromHyper: true,
    expected: 'an augmentation such as augment.shift(2), or a list of them',
    fits: (value) => (Array.isArray(value) ? value.length > 0 && value.every(isA('on')) : isA('on')(value)),
  },
  probes: {
    expected: 'a list of probes such as [...probe.standard(), probe.curvature()], or false',
    fits: (value) => value === false || Array.isArray(value),
    hint: (value) => (value === true ? 'the standard ones are measured unless told' : undefined),
  },
  seed: isWhole(0),
  provider: isOneOf(providers),
  threads: isWhole(1, mostThreads),
  checkpoint: options('{ everySeconds: 30 }', checkCheckpointOptions),
  earlyStopping: options('{ patience: 5 }', checkEarlyStopping),
  rollBack: options('{ factor: 0.1, times: 3 }', checkRollBack),
}
const fieldNames = Object.keys(fields) as (keyof Config)[]

/**
 * A project's configuration, for `rappel.config.ts` or for `train`. The functions' argument is typed from `hyper`.
 *
 * @throws RappelError 'usage' when a field is missing, unknown (with the nearest that is known) or of the wrong kind
 */
export function defineConfig<H = Readonly<Record<never, never>>>(config: Config<H>): Config<H> {
  checkConfig(config)
  return config
}

/** Checks the fields of a configuration, wherever it comes from. @throws RappelError 'usage' */
export function checkConfig(config: unknown): asserts config is Config {
  if (!isObject(config) || Array.isArray(config))
    throw usageError(`the configuration is ${show(config)}, expected an object`, 'export default defineConfig({ … })')
  const odd = Object.keys(config).find((name) => !Object.hasOwn(fields, name))
  if (odd !== undefined)
    throw usageError(`the configuration has an unknown field '${odd}'`, suggestion(odd, fieldNames))
  for (const name of fieldNames) {
    const value = (config as Partial<Config>)[name]
    const { required, fromHyper } = fields[name]
    if (value === undefined && required)
      throw usageError(
        `the configuration lacks '${name}'`,
        `it needs: ${fieldNames.filter((other) => fields[other].required).join(', ')}`,
      )
    if (value !== undefined && !(fromHyper && typeof value === 'function')) checkField(name, value)
  }
  const { data, validation, probes } = config as Config
  if (probes) checkProbes(probes)
  if (isParts(data) && validation !== undefined)
    throw usageError(
      `validation is ${validation}, and data gives a validation part already`,
      'leave out the one or the other',
    )
}

/**
 * Checks one field's value, also when a function gave it or the command line takes its place.
 *
 * @param shown what stands in the message
 * @throws RappelError 'usage' that says what was got and what is expected
 */
export function checkField(name: keyof Config, value: unknown, shown: string = name): void {
  const { expected, fits, hint } = fields[name]
  if (!fits(value)) throw usageError(`${shown} is ${show(value)}, expected ${expected}`, hint?.(value))
}

/** The values of the hyperparameters: plain ones as they are, spaces at their defaults. */
function resolveHyper<H>(hyper: H): Resolved<H> {
  const entries = Object.entries(hyper as Record<string, unknown>)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isSearched(value) ? value.default : value]),
  ) as Resolved<H>
}

function isSearched(value: unknown): value is Searched<unknown> {
  return isObject(value) && 'searched' in value && 'default' in value
}

/** What JavaScript itself asks of any object: JSON.stringify, await. */
const askedOfAll = ['toJSON', 'then']

/** The same values, but a mistyped name is an error where plain objects give undefined. */
function strict<H extends object>(hyper: H): H {
  const names = Object.keys(hyper)
  return new Proxy(hyper, {
    get(target, name) {
      if (typeof name === 'symbol' || name in target || askedOfAll.includes(name)) return Reflect.get(target, name)
      throw usageError(
        `hyper has no '${name}'`,
        names.length > 0 ? suggestion(name, names) : `write hyper: { ${name}: … } into the configuration`,
      )
    },
  })
}

/**
 * The plan of a run: reads the data, splits and standardises them, builds the net.
 *
 * @param overrides what the command line decides; `onProgress` is told what a source does that loads for long
 * @throws RappelError that names what is wrong in the configuration or the data
 */
export async function planFromConfig<H>(
  config: Config<H>,
  overrides: { readonly seed?: number; readonly threads?: number } & LoadOptions = {},
): Promise<TrainingPlan> {
  checkConfig(config)
  const hyper = resolveHyper((config.hyper ?? {}) as H)
  const seed = overrides.seed ?? config.seed ?? 0
  const threads = overrides.threads ?? config.threads
  checkField('seed', seed)
  if (threads !== undefined) checkField('threads', threads)
  const value = <T>(name: keyof Config, from: FromHyper<H, T>): T => {
    if (typeof from !== 'function') return from
    const made = (from as (hyper: Resolved<H>) => T)(strict(hyper))
    checkField(name, made)
    return made
  }
  const net = {
    model: value('model', config.model),
    loss: value('loss', config.loss),
    ...(config.penalty !== undefined && { penalty: value('penalty', config.penalty) }),
    ...(config.constraint !== undefined && { constraint: value('constraint', config.constraint) }),
    update: value('update', config.update),
    epochs: value('epochs', config.epochs),
    batchSize: value('batchSize', config.batchSize),
  }
  const augment = config.augment === undefined ? [] : [value('augment', config.augment)].flat()
  const parts = await loadParts(config.data, { validation: config.validation, seed, onProgress: overrides.onProgress })
  const { standardise = !parts.training.categorical } = config
  const standardisation =
    standardise === false
      ? undefined
      : fitStandardisation(parts.training, standardise === true ? {} : { per: standardise })
  const training = augment.length > 0 ? augmented(parts.training, compose(...augment), seed) : parts.training
  return makePlan({
    name: parts.name,
    ...net,
    training: standardisation?.apply(training) ?? training,
    validation: standardisation?.apply(parts.validation) ?? parts.validation,
    standardisation,
    seed,
    hyper,
    threads,
    checkpoint: config.checkpoint,
    earlyStopping: config.earlyStopping,
    rollBack: config.rollBack,
    probes: config.probes === false ? [] : (config.probes ?? standard()),
  })
}
