/** @file Whether the advice helps: each fault whose remedy is a number, once more with the number that the diagnosis names. */
import { type Finding, type FindingCode, isTrouble } from '../../src/diagnose/finding.ts'
import { watchedTraining } from '../../src/diagnose/train.ts'
import type { Engine } from '../../src/engine/engine.ts'
import type { TrainingPlan } from '../../src/train/plan.ts'
import { mended } from './mend.ts'
import { planOf } from './record.ts'
import { acceptedOf, type Situation, seeds } from './situation.ts'

/** Faults of learning rate, initialisation and scaling. */
const causes: readonly FindingCode[] = [
  'lr-too-high',
  'lr-too-low',
  'diverged',
  'init-too-large',
  'init-too-small',
  'zero-init',
  'symmetric-units',
  'initial-loss-high',
  'inputs-not-normalised',
  'feature-scale',
  'targets-not-scaled',
]
/**
 * Advice may be taken again where it says so again, or where all is well and only more epochs are asked for: a person would. The table
 * says how many were healthy with the first number.
 */
const mostTimes = 2

interface Advised {
  readonly situation: Situation
  readonly seed: number
  /** What was put in, in order: 'learningRate 3 → 0.05'. */
  readonly taken: readonly string[]
  /** Warnings and errors that are left. */
  readonly left: readonly FindingCode[]
  readonly healthy: boolean
}

export interface AdviceOptions {
  /** As with `rappel train --probe`: the numbers are those that trials measured, where they bear on them. */
  readonly probe?: boolean
}

/** Prints each, and gives the table for docs/diagnosis.md. */
export async function tryAdvice(
  situations: readonly Situation[],
  engine: Engine,
  { probe = false }: AdviceOptions = {},
): Promise<string> {
  const all: Advised[] = []
  for (const situation of situations.filter(({ fault }) => fault !== undefined && causes.includes(fault.cause)))
    for (const seed of seeds) {
      const run = situation.run(seed)
      if ('events' in run) continue
      const advised = await takeAdvice(situation, seed, await planOf(run, seed), (plan) =>
        diagnosed(plan, engine, probe),
      )
      all.push(advised)
      console.log(
        `${situation.half}/${situation.name}-${seed}: ${advised.taken.join(', ') || 'no number'}: ${advised.healthy ? 'healthy' : `still ${advised.left.join(', ')}`}`,
      )
    }
  return table(all)
}

async function takeAdvice(
  situation: Situation,
  seed: number,
  first: TrainingPlan,
  findingsOf: (plan: TrainingPlan) => Promise<readonly Finding[]>,
): Promise<Advised> {
  const taken: string[] = []
  let plan = first
  let findings = await findingsOf(plan)
  const right = acceptedOf(situation)
  for (let times = 0; times < mostTimes; times++) {
    const isFollowed = (code: FindingCode) => right.includes(code) || (times > 0 && code === 'train-longer')
    const finding = findings.find(({ code, suggestion }) => suggestion !== undefined && isFollowed(code))
    const next = finding && mended(plan, finding)
    if (finding?.suggestion === undefined || next === undefined) break
    const { what, value, instead } = finding.suggestion
    taken.push(`${what} ${instead === undefined ? '' : `${Number(instead.toPrecision(2))} → `}${value}`)
    plan = next
    findings = await findingsOf(plan)
  }
  const left = findings.map(({ code }) => code).filter((code) => !situation.tolerates?.includes(code))
  return { situation, seed, taken, left, healthy: taken.length > 0 && left.length === 0 }
}

async function diagnosed(plan: TrainingPlan, engine: Engine, experiments: boolean): Promise<readonly Finding[]> {
  return (await watchedTraining(plan, engine, { experiments })).findings.filter(isTrouble)
}

function table(all: readonly Advised[]): string {
  const rows = causes.flatMap((cause) => {
    const here = all.filter(({ situation }) => situation.fault?.cause === cause)
    if (here.length === 0) return []
    const healthy = here.filter((one) => one.healthy).length
    const left = new Set<string>(
      here.flatMap((one): readonly string[] => (one.taken.length === 0 ? ['no number'] : one.left)),
    )
    return [`| ${cause} | ${here.length} | ${healthy} | ${[...left].join(', ') || '–'} |`]
  })
  const healthy = all.filter((one) => one.healthy).length
  const first = all.filter((one) => one.healthy && one.taken.length === 1).length
  const share = ((100 * healthy) / all.length).toFixed(1)
  return [
    `**${healthy} of ${all.length} runs (${share}%)** are healthy with the advised number, ${first} of them with the first; the others took the advice that followed it as well.`,
    '',
    '| cause | runs | healthy with the advised number | what was left in the others |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')
}
