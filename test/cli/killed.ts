/** @file A training that is killed again and again and resumed: what it must be like afterwards, and at every moment between. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RandomStream } from '../../src/base/random.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { readModel } from '../../src/graph/proto.ts'
import { readRunFile } from '../../src/store/run-files.ts'
import { sqliteStore } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { readCheckpoint } from '../../src/train/checkpoint.ts'
import { type Ended, ending, type Installation, Project } from './installation.ts'

/** Dropout, batch normalisation, Adam, a rate that decays, random changes of the data, early stopping's best, and checkpoints all the time. */
const configuration = (epochs: number) => `import { augment, defineConfig, loss, nn, optim, schedule } from 'rappel'
import { digits } from 'rappel/data'
export default defineConfig({
  data: digits(),
  model: nn.sequential(nn.dense(40), nn.batchNorm(), nn.relu(), nn.dropout(0.2), nn.dense(10)),
  loss: loss.softmaxCrossEntropy(),
  update: optim.adam({ learningRate: schedule.exponential({ from: 0.01, decay: 0.05 }) }),
  augment: augment.noise(1),
  earlyStopping: { patience: 1000 },
  epochs: ${epochs},
  batchSize: 50,
  seed: 5,
  checkpoint: { everySteps: 11, keepEvery: 4 },
})
`

const storeFile = '.rappel/runs.sqlite'
/** What only a clock decides. */
const byTheClock = /^(seconds|\w+PerSecond|throughput|time)\b/

export class KilledRun {
  readonly project: Project
  readonly #cli: Installation

  constructor(cli: Installation, epochs: number) {
    this.#cli = cli
    this.project = new Project({ 'rappel.config.ts': configuration(epochs) })
  }

  /** Trains, or goes on, to the end. */
  async finish(): Promise<Ended> {
    return ending(this.#start(await this.#arguments()))
  }

  /**
   * Trains, or goes on, and is killed after so many milliseconds: all processes, or the one that trains alone, or the command line
   * alone.
   *
   * @returns whether it was still there to be killed
   */
  async kill(after: number, whom: 'all' | 'trainer'): Promise<boolean> {
    const child = this.#start(await this.#arguments())
    const ended = ending(child)
    await sleep(after)
    const running = child.exitCode === null && child.signalCode === null
    const pid = child.pid as number
    if (running) for (const target of whom === 'all' ? [-pid] : childrenOf(pid)) kill(target)
    const { status } = await ended
    await gone(-pid)
    return running && status !== 0
  }

  /** Whatever cannot be read of what is there. */
  async problems(): Promise<string[]> {
    const problems: string[] = []
    const attempt = async (what: string, read: () => unknown) => {
      try {
        await read()
      } catch (error) {
        problems.push(`${what}: ${(error as Error).message}`)
      }
    }
    const path = join(this.project.folder, storeFile)
    if (existsSync(path))
      await attempt('the record', async () => {
        const store = sqliteStore(path)
        try {
          for (const { id, folder = '' } of await store.runs()) {
            await this.record(store, id)
            const kept = await store.storedCheckpoints(id)
            for (const { file, step } of kept)
              await attempt(`the checkpoint of step ${step}`, () => readCheckpoint(readRunFile(folder, file)))
          }
        } finally {
          await store.close()
        }
      })
    for (const file of this.#files()) {
      const bytes = () => new Uint8Array(readFileSync(file))
      if (file.endsWith('.onnx')) await attempt(file, () => readModel(bytes(), operators, { dimensions: { batch: 1 } }))
      if (file.endsWith('.json')) await attempt(file, () => JSON.parse(Buffer.from(bytes()).toString()))
    }
    return problems
  }

  /** All that must be the same bits as in a run never stopped. */
  async result(): Promise<Record<string, string>> {
    const store = sqliteStore(join(this.project.folder, storeFile), { readOnly: true })
    try {
      const runs = await store.runs()
      const { id, state, folder = '' } = runs[runs.length - 1]
      const { epochs, outcome, steps, restored } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))
      const unclocked = epochs.map((epoch: object) => ({ ...epoch, seconds: undefined }))
      return {
        ...(await this.record(store, id)),
        state,
        document: JSON.stringify([unclocked, outcome, steps, restored]),
        model: readFileSync(join(folder, 'model.onnx')).toString('base64'),
      }
    } finally {
      await store.close()
    }
  }

  /** Every series, and every event that is neither superseded nor about the stopping itself. */
  async record(store: Store, id: string): Promise<Record<string, string>> {
    const found: Record<string, string> = {}
    for (const name of await store.seriesNames(id)) {
      const series = await store.series(id, name)
      if (series === undefined || byTheClock.test(name)) continue
      const { steps, epochs, values } = series
      found[name] = [steps, epochs, values].map(({ buffer }) => Buffer.from(buffer).toString('base64')).join(' ')
    }
    const events = (await store.events(id)).filter(({ superseded }) => !superseded).map(({ event }) => event)
    const lasting = events.filter(({ type }) => !['start', 'resume', 'checkpoint'].includes(type))
    return { ...found, events: JSON.stringify(lasting) }
  }

  hasCheckpoint(): boolean {
    return this.#files().some((name) => name.endsWith('.checkpoint'))
  }

  remove(): void {
    this.project.remove()
  }

  async #arguments(): Promise<string[]> {
    const path = join(this.project.folder, storeFile)
    if (!existsSync(path)) return ['train']
    // A kill in the first moment leaves an empty file.
    const store = sqliteStore(path)
    try {
      return (await store.runs()).length > 0 ? ['train', '--resume', 'last'] : ['train']
    } finally {
      await store.close()
    }
  }

  #start(args: readonly string[]): ChildProcess {
    return this.#cli.start(args, { cwd: this.project.folder, group: true })
  }

  #files(): string[] {
    return readdirSync(this.project.folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.startsWith('.rappel'))
      .map((name) => join(this.project.folder, name))
  }
}

export interface Tally {
  kills: number
  /** Kills of runs of which there was a checkpoint then. */
  kept: number
  late: number
  runs: number
  readonly problems: string[]
}

/**
 * Kills and resumes runs until there have been so many kills, each run to its end.
 *
 * @param reference a run that was never stopped
 * @param within milliseconds from the start of a process, between which the moments lie
 */
export async function killAndResume(
  cli: Installation,
  epochs: number,
  kills: number,
  reference: Readonly<Record<string, string>>,
  [from, to]: readonly [number, number],
  moments: RandomStream,
): Promise<Tally> {
  const tally: Tally = { kills: 0, kept: 0, late: 0, runs: 0, problems: [] }
  while (tally.kills < kills) {
    const run = new KilledRun(cli, epochs)
    tally.runs++
    for (let ended = false; !ended && tally.kills < kills; ) {
      const after = from + moments.integer(to - from)
      const killed = await run.kill(after, moments.integer(3) === 0 ? 'trainer' : 'all')
      tally[killed ? 'kills' : 'late']++
      ended = !killed
      if (killed && run.hasCheckpoint()) tally.kept++
      tally.problems.push(...(await run.problems()).map((problem) => `after ${after} ms: ${problem}`))
    }
    const { status, stderr } = await run.finish()
    if (status !== 0) tally.problems.push(`the resumed run ended with status ${status}: ${stderr}`)
    const result = status === 0 ? await run.result() : {}
    const odd = Object.keys({ ...reference, ...result }).filter((name) => result[name] !== reference[name])
    if (odd.length > 0) tally.problems.push(`not the same bits as without a stop: ${odd.join(', ')}`)
    if (tally.problems.length === 0) run.remove()
    else tally.problems.push(`it lies in ${run.project.folder}`)
    if (tally.problems.length > 10) break
  }
  return tally
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number)
  } catch {
    return [-pid] // no such files on this system: all of them
  }
}

function kill(pid: number, signal: NodeJS.Signals | 0 = 'SIGKILL'): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Waits until no process of a group is left. */
async function gone(group: number): Promise<void> {
  for (let i = 0; i < 200 && kill(group, 0); i++) await sleep(10)
}
