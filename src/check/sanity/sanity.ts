/** @file The checks before learning, in order: first the data, then the loss, then what a few steps show. */
import { checkInteger, checkOptions, show, suggestion, usageError } from '../../base/errors.ts'
import type { Engine } from '../../engine/engine.ts'
import { forwardGraph } from '../../train/graphs.ts'
import { letOthersRun } from '../../train/loop.ts'
import { rowsAtOnce } from '../../train/measure.ts'
import type { TrainingPlan } from '../../train/plan.ts'
import { roughMilliseconds } from '../../train/stepper.ts'
import { checkDependency } from './dependency.ts'
import { checkDuplicates } from './duplicates.ts'
import { type FirstLook, firstLook, isDeaf } from './first-scores.ts'
import { checkInputs } from './inputs.ts'
import { checkLoss } from './loss.ts'
import { checkNeighbours } from './neighbours.ts'
import { checkOverfit } from './overfit.ts'
import { checkParts } from './parts.ts'
import { checkPenalty } from './penalty.ts'
import {
  type Findings,
  isTrouble,
  type SanityCheckName,
  type SanityFinding,
  type SanityReport,
  sanityCheckNames,
  sanityReport,
  speaker,
} from './report.ts'
import { pickFrom, sampleOf } from './sample.ts'
import { checkSignal } from './signal.ts'
import { checkTargets } from './targets.ts'

export interface SanityOptions {
  /** Of samples, first values and shuffles; default: the plan's. */
  readonly seed?: number
  /** Which checks are made; default all. Of those left out the report says nothing. */
  readonly checks?: readonly SanityCheckName[]
  /** Is told which check begins. */
  readonly onProgress?: (check: SanityCheckName) => void
  /** Ends the checks after the call in progress: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Examples of which the first losses are looked at, and draws of the first values. */
const [mostExamples, fewestExamples, draws] = [200, 30, 8]
/** About how long one draw may take. */
const goodMilliseconds = 50

/**
 * The checks before learning: is what goes into a training what its author thinks it is? Data, loss, penalty and net are each asked a
 * question of which the answer is known before: see docs/sanity-checks.md. Nothing of the plan is changed; the net is built and drawn anew. Blocks
 * its thread while a graph runs. The same plan and seed give the same report.
 *
 * One cause has one finding: what follows from it is not reported again, and says so.
 *
 * @param engine on the CPU: others have no float64
 * @throws RappelError 'usage' for wrong options. What is wrong with the project is a finding, not an error
 */
export async function sanityChecks(
  plan: TrainingPlan,
  engine: Engine,
  options: SanityOptions = {},
): Promise<SanityReport> {
  checkOptions('sanityChecks', options, ['seed', 'checks', 'onProgress', 'signal'])
  const { seed = plan.seed, checks: wanted = sanityCheckNames, onProgress, signal } = options
  const odd = wanted.find((name) => !sanityCheckNames.includes(name))
  if (odd !== undefined)
    throw usageError(`sanityChecks has no check ${show(odd)}`, suggestion(String(odd), sanityCheckNames))
  checkInteger('seed', seed)
  const { training, validation, net } = plan
  const sample = sampleOf(training, mostExamples, seed)
  const rows = Math.min(sample.rows.length, rowsAtOnce(net), quickExamples(plan))
  const few = pickFrom(
    sample,
    Array.from({ length: rows }, (_, k) => Math.floor((k * sample.rows.length) / rows)),
  )
  let look: FirstLook | undefined
  const checks: Readonly<Record<SanityCheckName, () => Findings | Promise<Findings>>> = {
    inputs: () => checkInputs(training, validation, { seed, standardised: plan.standardisation !== undefined }),
    targets: () => checkTargets(training, net.loss, { seed }),
    duplicates: () => checkDuplicates(training, validation, { seed }),
    parts: () => checkParts(training, validation, { seed }),
    neighbours: () => checkNeighbours(training, validation, { seed }),
    signal: () => checkSignal(training, { seed }),
    async loss() {
      const seeds = Array.from({ length: draws }, (_, i) => seed + i)
      look = await firstLook(net, engine, few, seeds)
      return checkLoss(net, look, few, { seed })
    },
    dependency: () => checkDependency(net, engine, few, { seed }),
    penalty: () => checkPenalty(net, engine, few, { seed }),
    overfit: () => checkOverfit(net, engine, sample, { seed, signal, deaf: look !== undefined && isDeaf(look) }),
  }
  const findings: SanityFinding[] = []
  for (const check of sanityCheckNames.filter((name) => wanted.includes(name))) {
    const cause = findings.find((finding) => isTrouble(finding) && explains(finding, check))
    if (cause !== undefined) {
      findings.push(speaker(check).skipped(`Not done, since what it would show may come from this: ${nameOf(cause)}.`))
      continue
    }
    onProgress?.(check)
    await new Promise<void>(letOthersRun)
    signal?.throwIfAborted()
    findings.push(...(await checks[check]()).map((finding) => explained(finding, findings)))
  }
  return sanityReport(findings)
}

/** By the net's arithmetic, not by a clock. */
function quickExamples({ net }: TrainingPlan): number {
  const some = 10
  const milliseconds = roughMilliseconds(forwardGraph(net, some).graph) / some
  return Math.max(fewestExamples, Math.min(mostExamples, Math.floor(goodMilliseconds / milliseconds)))
}

const nameOf = ({ code, check, got }: SanityFinding) => code ?? `${check} (${got})`

/** Causes after which a check would only show the same once more. */
function explains({ check, code, verdict }: SanityFinding, later: SanityCheckName): boolean {
  if (code === 'nan-in-inputs') return true
  switch (later) {
    case 'signal':
    case 'neighbours':
      return code === 'constant-feature' && verdict === 'fail'
    case 'loss':
    case 'dependency':
      return verdict === 'fail' && ['inputs', 'targets', 'loss'].includes(check)
    case 'penalty':
      return verdict === 'fail' && check !== 'duplicates' && check !== 'parts'
    case 'overfit':
      // A net that learns by heart needs inputs, targets and a loss that make sense, and examples that are apart.
      return (
        ['inputs-not-normalised', 'feature-scale', 'targets-not-scaled', 'initial-loss-high'].includes(code ?? '') ||
        (verdict === 'fail' && ['inputs', 'targets', 'loss', 'dependency'].includes(check))
      )
    default:
      return false
  }
}

/** What is true, but follows from what is reported already. */
function explained(finding: SanityFinding, before: Findings): SanityFinding {
  const { code } = finding
  const causes: Readonly<Record<string, readonly string[]>> = {
    'initial-loss-high': ['inputs-not-normalised', 'feature-scale', 'targets-not-scaled'],
    'regularisation-too-strong': ['initial-loss-high', 'no-signal'],
    'no-signal': ['labels-wrong'],
    // Named by the parts' distributions already.
    'train-validation-mismatch': ['train-validation-mismatch', 'validation-preprocessing'],
    'validation-preprocessing': ['validation-preprocessing'],
    'train-validation-leak': ['train-validation-leak'],
    'label-noise': ['label-noise'],
  }
  const cause = before.find((other) => isTrouble(other) && causes[code ?? '']?.includes(other.code ?? ''))
  if (cause === undefined || !isTrouble(finding)) return finding
  return { ...finding, verdict: 'pass', words: `This follows from ${nameOf(cause)}.` }
}
