/** @file Configurations: a project in one object, from which the plan of a run is made. */
import { RappelError, show, suggestion, usageError } from '../base/errors.ts'
import { type DataSource, loadData } from '../data/source.ts'
import { split } from '../data/split.ts'
import { fitStandardisation } from '../data/standardise.ts'
import { type Provider, providers } from '../engine/engine.ts'
import type { Loss } from '../nn/loss.ts'
import type { Layer } from '../nn/model.ts'
import type { Penalty } from '../nn/penalty.ts'
import type { Rule } from '../optim/rule.ts'
import { makePlan, type TrainingPlan } from './plan.ts'

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
  /** A data set, or where to read one: `digits()`, `csv('file.csv')`, `dataset({…})`. */
  readonly data: DataSource
  /** Every hyperparameter by name: a plain value is fixed, a `space.…` is searched and trains at its default. */
  readonly hyper?: H
  readonly model: FromHyper<H, Layer>
  readonly loss: FromHyper<H, Loss>
  readonly penalty?: FromHyper<H, Penalty>
  /** The update rule: `optim.…`. */
  readonly update: FromHyper<H, Rule>
  /** How often every training example is seen. */
  readonly epochs: FromHyper<H, number>
  readonly batchSize: FromHyper<H, number>
  /** The validation part: below 1 a share of all rows, otherwise a number of rows; default 0.2. */
  readonly validation?: number
  /**
   * Inputs to mean 0 and deviation 1, fitted on the training part: by 'feature', or with one scale for 'all'. Default true:
   * 'all' where all features have one unit (images), 'feature' otherwise. False leaves them as they are.
   */
  readonly standardise?: boolean | 'feature' | 'all'
  /** A whole number; default 0. */
  readonly seed?: number
  /** Where to execute; default 'cpu'. */
  readonly provider?: Provider
  /** Threads within one operator; default: by the size of the net. */
  readonly threads?: number
}

const required = ['data', 'model', 'loss', 'update', 'epochs', 'batchSize']
const optional = ['hyper', 'penalty', 'validation', 'standardise', 'seed', 'provider', 'threads']

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
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw usageError(`the configuration is ${show(config)}, expected an object`, 'export default defineConfig({ … })')
  const given = config as Record<string, unknown>
  const known = [...required, ...optional]
  const odd = Object.keys(given).find((field) => !known.includes(field))
  if (odd !== undefined) throw usageError(`the configuration has an unknown field '${odd}'`, suggestion(odd, known))
  const missing = required.find((field) => given[field] === undefined)
  if (missing !== undefined)
    throw usageError(`the configuration lacks '${missing}'`, `it needs: ${required.join(', ')}`)
  if (given.provider !== undefined && !providers.includes(given.provider as Provider))
    throw usageError(`provider is ${show(given.provider)}`, suggestion(String(given.provider), providers))
  const { standardise } = given
  if (
    standardise !== undefined &&
    typeof standardise !== 'boolean' &&
    standardise !== 'feature' &&
    standardise !== 'all'
  )
    throw usageError(`standardise is ${show(standardise)}, expected true, false, 'feature' or 'all'`)
}

/** The values of the hyperparameters: plain ones as they are, spaces at their defaults. */
export function resolveHyper<H>(hyper: H): Resolved<H> {
  const entries = Object.entries(hyper as Record<string, unknown>)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isSearched(value) ? value.default : value]),
  ) as Resolved<H>
}

function isSearched(value: unknown): value is Searched<unknown> {
  return typeof value === 'object' && value !== null && 'searched' in value && 'default' in value
}

/**
 * The plan of a run: reads the data, splits and standardises them, builds the net.
 *
 * @param overrides what the command line decides
 * @throws RappelError that names what is wrong in the configuration or the data
 */
export async function planFromConfig<H>(
  config: Config<H>,
  overrides: { readonly seed?: number; readonly threads?: number } = {},
): Promise<TrainingPlan> {
  checkConfig(config)
  const hyper = resolveHyper((config.hyper ?? {}) as H)
  const seed = overrides.seed ?? config.seed ?? 0
  const data = await loadData(config.data)
  const parts = split(data, { validation: config.validation ?? 0.2, seed })
  const { standardise = true } = config
  const standardisation =
    standardise === false
      ? undefined
      : fitStandardisation(parts.training, standardise === true ? {} : { per: standardise })
  const value = <T>(field: keyof Config<H>, from: FromHyper<H, T>, kind: string, fits: (value: T) => boolean): T => {
    const made = typeof from === 'function' ? (from as (hyper: Resolved<H>) => T)(hyper) : from
    if (fits(made)) return made
    throw new RappelError('usage', `${String(field)} is ${show(made)}, expected ${kind}`)
  }
  return makePlan({
    name: data.name,
    model: value('model', config.model, 'a layer such as nn.sequential(…)', ({ build }) => typeof build === 'function'),
    loss: value('loss', config.loss, 'a loss such as loss.softmaxCrossEntropy()', (made) => 'perExample' in made),
    update: value('update', config.update, 'an update rule such as optim.momentum({…})', (made) => 'program' in made),
    ...(config.penalty && {
      penalty: value('penalty', config.penalty, 'a penalty such as penalty.l2(1e-4)', (made) => 'of' in made),
    }),
    epochs: value('epochs', config.epochs, 'a number', (made) => typeof made === 'number'),
    batchSize: value('batchSize', config.batchSize, 'a number', (made) => typeof made === 'number'),
    training: standardisation?.apply(parts.training) ?? parts.training,
    validation: standardisation?.apply(parts.validation) ?? parts.validation,
    standardisation,
    seed,
    hyper,
    threads: overrides.threads ?? config.threads,
  })
}
