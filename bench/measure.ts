/** @file One case: every peer starts alike, is checked, warmed up, then timed in interleaved rounds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CaseSpec, LOSS_TOLERANCE, makeCase, STEPS_CHECKED } from './cases.ts'
import { type Contestant, Running } from './contestant.ts'

export interface Timing {
  readonly id: string
  readonly peer: string
  readonly version: string
  readonly form: string
  /** Milliseconds per step over the rounds. */
  readonly median: number
  readonly lowerQuartile: number
  readonly upperQuartile: number
  readonly rounds: number
  readonly stepsPerRound: number
  /** The loss of step STEPS_CHECKED, within LOSS_TOLERANCE of the expected one. */
  readonly loss: number
}

export interface CaseResult {
  readonly case: CaseSpec
  readonly timings: readonly Timing[]
  /** Peers that are not there: why, and what to do. */
  readonly missing: readonly { readonly peer: string; readonly reason: string }[]
  /** Peers that broke down or compute something else: the bench fails. */
  readonly failed: readonly { readonly peer: string; readonly reason: string }[]
}

/** A peer's share of a round. Long enough that a pipe's delay and the clock's grain do not show. */
const CHUNK_MILLISECONDS = 60

const WARM_UP_MILLISECONDS = 500

interface Entry {
  readonly running: Running
  readonly version: string
  form: string
  loss: number
  settle: number
  count: number
  readonly times: number[]
}

export async function measure(
  spec: CaseSpec,
  contestants: readonly Contestant[],
  rounds: number,
  tell: (progress: string) => void,
): Promise<CaseResult> {
  const folder = mkdtempSync(join(tmpdir(), 'rappel-bench-'))
  const started = contestants.map((contestant) => new Running(contestant))
  try {
    const data = join(folder, 'case.bin')
    writeData(spec, data)
    const missing: { peer: string; reason: string }[] = []
    const failed: { peer: string; reason: string }[] = []
    let entries: Entry[] = []
    for (const running of started) {
      const { version, available } = await running.hello()
      if (available === true) entries.push({ running, version, form: '', loss: 0, settle: 1, count: 1, times: [] })
      else missing.push({ peer: running.contestant.title, reason: available })
    }
    /** Does it with each peer in turn, starting with another one each time; who fails is out. */
    const everyone = async (turn: number, work: (entry: Entry) => Promise<void>): Promise<void> => {
      const order = entries.map((_, i) => entries[(i + turn) % entries.length])
      for (const entry of order) {
        try {
          await work(entry)
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          failed.push({ peer: entry.running.contestant.title, reason })
          entries = entries.filter((other) => other !== entry)
        }
      }
    }
    await everyone(0, async (entry) => {
      tell(`${spec.name}: ${entry.running.contestant.title} starts`)
      await check(entry, spec, data)
    })
    await everyone(0, warmUp)
    for (let round = 0; round < rounds; round++) {
      tell(`${spec.name}: round ${round + 1} of ${rounds}`)
      await everyone(round, async (entry) => {
        const { milliseconds } = await entry.running.ask({ do: 'run', settle: entry.settle, count: entry.count })
        entry.times.push(milliseconds / entry.count)
      })
    }
    return { case: spec, timings: entries.map(timing), missing, failed }
  } finally {
    await Promise.all(started.map((running) => running.close()))
    rmSync(folder, { recursive: true })
  }
}

/** @throws Error when the peer computes something else */
async function check(entry: Entry, spec: CaseSpec, data: string): Promise<void> {
  entry.form = (await entry.running.ask({ do: 'prepare', spec, data })).form
  await entry.running.ask({ do: 'run', settle: 0, count: STEPS_CHECKED })
  entry.loss = (await entry.running.ask({ do: 'loss' })).loss
  const difference = Math.abs(entry.loss - spec.expectedLoss) / spec.expectedLoss
  if (difference <= LOSS_TOLERANCE) return
  throw new Error(
    `computes something else: after ${STEPS_CHECKED} steps its loss is ${entry.loss}, expected ${spec.expectedLoss}`,
  )
}

/** Runs until the compiler has settled and the number of steps in a round is known. */
async function warmUp(entry: Entry): Promise<void> {
  let spent = 0
  for (let turn = 0; turn < 3 || spent < WARM_UP_MILLISECONDS; turn++) {
    const { milliseconds } = await entry.running.ask({ do: 'run', settle: 0, count: entry.count })
    spent += milliseconds
    entry.count = Math.max(2, Math.round((CHUNK_MILLISECONDS * entry.count) / milliseconds))
  }
  entry.settle = Math.ceil(entry.count / 10)
}

function timing({ running, version, form, times, count, loss }: Entry): Timing {
  const sorted = times.toSorted((a, b) => a - b)
  const quantile = (share: number): number => {
    const place = share * (sorted.length - 1)
    const below = sorted[Math.floor(place)]
    return below + (place % 1) * (sorted[Math.ceil(place)] - below)
  }
  return {
    id: running.contestant.id,
    peer: running.contestant.title,
    version,
    form,
    median: quantile(0.5),
    lowerQuartile: quantile(0.25),
    upperQuartile: quantile(0.75),
    rounds: times.length,
    stepsPerRound: count,
    loss,
  }
}

/** The case's numbers without gaps, in the order that `peers/pytorch.py` states. */
function writeData(spec: CaseSpec, file: string): void {
  const { layers, batches } = makeCase(spec)
  const arrays = [
    ...layers.flatMap(({ weight, bias }) => [weight, bias]),
    ...batches.flatMap(({ inputs, targets }) => [inputs, targets]),
  ]
  writeFileSync(file, Buffer.concat(arrays.map((array) => new Uint8Array(array.buffer))))
}
