/** @file One case: every peer starts alike, is checked, warmed up, then timed in interleaved rounds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { watchBystanders } from './bystanders.ts'
import { type CaseSpec, LOSS_TOLERANCE, makeCase } from './cases.ts'
import { type Contestant, Running } from './contestant.ts'
import { isDense } from './nets.ts'

export interface Timing {
  readonly id: string
  readonly peer: string
  readonly version: string
  readonly form: string
  /** Milliseconds per step over the rounds. */
  readonly median: number
  readonly lowerQuartile: number
  readonly upperQuartile: number
  /** Median over the rounds of this peer's time divided by PyTorch's in the same round; undefined where PyTorch was not timed. */
  readonly ratioToPyTorch?: number
  /** Milliseconds per step in each round. */
  readonly times: readonly number[]
  /** In the last round; each is sized after the one before. */
  readonly stepsPerRound: number
  /** The loss of step `stepsChecked`, within LOSS_TOLERANCE of the expected one. */
  readonly loss: number
}

export interface CaseResult {
  readonly case: CaseSpec
  /** Rounds that the numbers come from, and rounds dropped because other processes used the cores meanwhile. */
  readonly rounds: number
  readonly disturbed: number
  readonly timings: readonly Timing[]
  /** Peers that are not there: why, and what to do. */
  readonly missing: readonly { readonly peer: string; readonly reason: string }[]
  /** Peers that broke down or compute something else: the bench fails. */
  readonly failed: readonly { readonly peer: string; readonly reason: string }[]
}

/** A peer's share of a round, at least two steps. Long enough that the clock's grain and the first steps do not show. */
const SHARE_MILLISECONDS = 60

/** Untimed steps before a share, as a part of it: caches, clock rate and threads become this peer's. */
const SETTLE = 0.1

const WARM_UP_MILLISECONDS = 500

/** Between two peers: long enough that the first one's threads stop spinning for more work. */
const PAUSE_MILLISECONDS = 20

/** A round in which other processes used more than this share of the cores is dropped and run again. */
const DISTURBANCE = 0.1

/** So many times the rounds asked for are tried for quiet ones. */
const PATIENCE = 4

interface Entry {
  readonly running: Running
  readonly version: string
  form: string
  loss: number
  count: number
  /** Processor time of the process since its start, in milliseconds. */
  cpu: number
  readonly times: number[]
}

export async function measure(
  spec: CaseSpec,
  contestants: readonly Contestant[],
  rounds: number,
  tell: (progress: string) => void,
): Promise<CaseResult> {
  const folder = mkdtempSync(join(tmpdir(), 'rappel-bench-'))
  const fitting = contestants.filter(({ denseOnly }) => !denseOnly || isDense(spec.layers))
  const started = fitting.map((contestant) => new Running(contestant))
  try {
    const data = join(folder, 'case.bin')
    writeData(spec, data)
    const field = new Field()
    for (const running of started) await field.admit(running)
    await field.everyone(field.entries, async (entry) => {
      tell(`${spec.name}: ${entry.running.contestant.title} starts`)
      await check(entry, spec, data)
      await warmUp(entry)
    })
    let disturbed = 0
    let quiet = 0
    while (quiet < rounds && quiet + disturbed < PATIENCE * rounds && field.entries.length > 0) {
      tell(`${spec.name}: round ${quiet + 1} of ${rounds}, ${disturbed} disturbed`)
      if (await field.round(quiet + disturbed)) quiet++
      else disturbed++
    }
    const yardstick = field.entries.find(({ running }) => running.contestant.id === 'pytorch')
    const timings = quiet === 0 ? [] : field.entries.map((entry) => timing(entry, yardstick))
    return { case: spec, rounds: quiet, disturbed, timings, missing: field.missing, failed: field.failed }
  } finally {
    await Promise.all(started.map((running) => running.close()))
    rmSync(folder, { recursive: true })
  }
}

/** The peers that are still in, and why the others are not. */
class Field {
  entries: Entry[] = []
  readonly missing: { peer: string; reason: string }[] = []
  readonly failed: { peer: string; reason: string }[] = []

  async admit(running: Running): Promise<void> {
    const { version, available } = await running.hello()
    if (available === true) this.entries.push({ running, version, form: '', loss: 0, count: 1, cpu: 0, times: [] })
    else this.missing.push({ peer: running.contestant.title, reason: available })
  }

  /** Does it with each peer in turn; who fails is out. */
  async everyone(order: readonly Entry[], work: (entry: Entry) => Promise<void>): Promise<void> {
    for (const entry of order) {
      try {
        await work(entry)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        this.failed.push({ peer: entry.running.contestant.title, reason })
        this.entries = this.entries.filter((other) => other !== entry)
      }
    }
  }

  /**
   * A share for each peer. Each round starts with another one, and every second goes backwards: nobody always follows the same
   * neighbour. Answers whether it counts.
   */
  async round(number: number): Promise<boolean> {
    const { entries } = this
    const order = entries.map((_, i) => entries[(i + number) % entries.length])
    if (number % 2 === 1) order.reverse()
    const bystanders = watchBystanders(() => entries.reduce((sum, { cpu }) => sum + cpu, 0))
    const times = new Map<Entry, number>()
    await this.everyone(order, async (entry) => {
      await setTimeout(PAUSE_MILLISECONDS)
      times.set(entry, await run(entry))
    })
    if (bystanders() > DISTURBANCE) return false
    for (const [entry, milliseconds] of times) entry.times.push(milliseconds)
    return true
  }
}

/** @throws Error when the peer computes something else */
async function check(entry: Entry, spec: CaseSpec, data: string): Promise<void> {
  entry.form = (await entry.running.ask({ do: 'prepare', spec, data })).form
  await entry.running.ask({ do: 'run', settle: 0, count: spec.stepsChecked })
  entry.loss = (await entry.running.ask({ do: 'loss' })).loss
  const difference = Math.abs(entry.loss - spec.expectedLoss) / spec.expectedLoss
  if (difference <= LOSS_TOLERANCE) return
  throw new Error(
    `computes something else: after ${spec.stepsChecked} steps its loss is ${entry.loss}, expected ${spec.expectedLoss}`,
  )
}

/** Runs until the compiler has settled and the number of steps in a share is known. */
async function warmUp(entry: Entry): Promise<void> {
  let spent = 0
  for (let turn = 0; turn < 3 || spent < WARM_UP_MILLISECONDS; turn++) {
    const { count } = entry
    spent += count * (await run(entry))
  }
}

/** One share of steps: milliseconds per step. The next share is sized after it. */
async function run(entry: Entry): Promise<number> {
  const { count } = entry
  const settle = Math.ceil(count * SETTLE)
  const { milliseconds, cpu } = await entry.running.ask({ do: 'run', settle, count })
  entry.cpu = cpu
  entry.count = Math.max(2, Math.round((SHARE_MILLISECONDS * count) / milliseconds))
  return milliseconds / count
}

function timing({ running, version, form, times, count, loss }: Entry, yardstick?: Entry): Timing {
  return {
    id: running.contestant.id,
    peer: running.contestant.title,
    version,
    form,
    median: quantile(times, 0.5),
    lowerQuartile: quantile(times, 0.25),
    upperQuartile: quantile(times, 0.75),
    ratioToPyTorch:
      yardstick &&
      quantile(
        times.map((time, round) => time / yardstick.times[round]),
        0.5,
      ),
    times,
    stepsPerRound: count,
    loss,
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)]
  return below + (place % 1) * (sorted[Math.ceil(place)] - below)
}

/** The case's numbers without gaps, in the order that `peers/pytorch.py` states. */
function writeData(spec: CaseSpec, file: string): void {
  const { parameters, batches } = makeCase(spec)
  const arrays = [...parameters.flat(), ...batches.flatMap(({ inputs, targets }) => [inputs, targets])]
  writeFileSync(file, Buffer.concat(arrays.map((array) => new Uint8Array(array.buffer))))
}
