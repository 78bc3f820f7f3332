/**
 * @file Situations drawn at random: rules that only know the library show here. Whether a training is healthy is asked of trainings beside it, at
 * other rates and for longer; whether a fault did damage, of the same training without it.
 */
import { diagnose } from '../../src/diagnose/diagnosis.ts'
import { type Finding, isTrouble } from '../../src/diagnose/finding.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import type { Config } from '../../src/train/config.ts'
import { runTraining } from '../../src/train/loop.ts'
import { configOf, type Drawn, drawTraining } from './random-config.ts'
import { type RandomFault, randomFaults } from './random-faults.ts'
import { planOf, watched } from './record.ts'

interface Reached {
  /** Of the last epoch; infinite where the run diverged. */
  readonly last: number
  readonly best: number
  /** Before the first step. */
  readonly first: number
}

async function reached(config: Config, seed: number, engine: Engine): Promise<Reached> {
  const plan = await planOf({ config }, seed)
  const { epochs, outcome } = await runTraining({ ...plan, probes: [] }, engine)
  const losses = epochs.map(({ validation }) => validation?.loss ?? Number.NaN)
  const last = outcome.reason === 'diverged' ? Number.POSITIVE_INFINITY : losses[losses.length - 1]
  return { last, best: Math.min(...losses), first: losses[0] }
}

/** Nothing that a careful person would try makes it clearly better: a third or three times of the rate, or twice the time. */
async function isHealthy(drawn: Drawn, own: Reached, seed: number, engine: Engine): Promise<boolean> {
  // What a loss of some hundredths gains by halving is nothing.
  const slack = 0.02
  if (!(own.last <= 1.15 * own.best + slack)) return false
  const others = [
    { ...drawn, rate: drawn.rate / 3 },
    { ...drawn, rate: drawn.rate * 3 },
    { ...drawn, epochs: drawn.epochs * 2 },
  ]
  for (const other of others) {
    const { last } = await reached(configOf(other), seed, engine)
    if (own.last > 1.2 * last + slack) return false
  }
  return own.last < 0.9 * own.first
}

const told = (findings: readonly Finding[]) =>
  findings.map(({ code, severity, confidence }) => `${code} ${severity} ${confidence.toFixed(2)}`).join(', ') ||
  'nothing'

const described = ({ family, hidden, rule, rate, shape, epochs, batchSize }: Drawn) =>
  `${family}, ${hidden ? `${hidden.widths.join('-')} ${hidden.activation().kind}${hidden.between ? ' batch norm' : ''}${hidden.after ? ' dropout' : ''}` : ''} ${rule} ${rate.toPrecision(2)} ${shape}, ${epochs} epochs of ${batchSize}`

/** Of all that was drawn. */
interface Sums {
  healthy: number
  onHealthy: number
  faulty: number
  found: number
  reported: number
  wrong: number
}

/** Draws, trains and diagnoses; prints every wrong answer, and the sums. */
export async function scoreRandom(from: number, count: number): Promise<void> {
  const engine = await nativeEngine({ threads: 1 })
  const sums: Sums = { healthy: 0, onHealthy: 0, faulty: 0, found: 0, reported: 0, wrong: 0 }
  for (let seed = from; seed < from + count; seed++) {
    const drawn = drawTraining(seed)
    const own = await reached(configOf(drawn), seed, engine)
    if (!(await isHealthy(drawn, own, seed, engine))) continue
    await scoreHealthy(drawn, own, seed, engine, sums)
    for (const fault of randomFaults(drawn, seed)) await scoreFault(fault, drawn, own, seed, engine, sums)
  }
  const { healthy, onHealthy, faulty, found, reported, wrong } = sums
  console.log(
    `healthy: ${onHealthy} of ${healthy} runs with a warning; recall ${(found / faulty).toFixed(3)} (${found} of ${faulty}), ` +
      `precision ${((reported - wrong) / reported).toFixed(3)} (${reported - wrong} of ${reported})`,
  )
}

/** Warnings and errors. */
async function troubles(config: Config, seed: number, engine: Engine): Promise<readonly Finding[]> {
  return diagnose(await watched(await planOf({ config }, seed), engine)).findings.filter(isTrouble)
}

async function scoreHealthy(drawn: Drawn, own: Reached, seed: number, engine: Engine, sums: Sums): Promise<void> {
  const answers = await troubles(configOf(drawn), seed, engine)
  sums.healthy += 1
  if (answers.length === 0) return
  sums.onHealthy += 1
  sums.reported += answers.length
  sums.wrong += answers.length
  console.log(`${seed} healthy (${described(drawn)}; ${own.last.toPrecision(2)}): ${told(answers)}`)
}

async function scoreFault(
  { name, cause, accepts, config }: RandomFault,
  drawn: Drawn,
  own: Reached,
  seed: number,
  engine: Engine,
  sums: Sums,
): Promise<void> {
  const { last } = await reached(config, seed, engine)
  // A leak makes validation better.
  const isDamaged = name === 'leak' || !(last <= 1.5 * own.last + 0.1)
  if (!isDamaged) return
  const answers = await troubles(config, seed, engine)
  const right = [cause, ...accepts]
  const isFound = answers.some(({ code }) => right.includes(code))
  const wrong = answers.filter(({ code }) => !right.includes(code)).length
  sums.faulty += 1
  if (isFound) sums.found += 1
  sums.reported += answers.length
  sums.wrong += wrong
  if (isFound && wrong === 0) return
  const came = `${own.last.toPrecision(2)} → ${last.toPrecision(2)}`
  console.log(`${seed} ${name} (${cause}${isFound ? '' : ', MISSED'}; ${described(drawn)}; ${came}): ${told(answers)}`)
}
