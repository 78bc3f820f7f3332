/**
 * @file How fast the store in a file is: points written a second, one series of 100,000 points read, a run of a million steps opened.
 * `node bench/store.ts [rounds] [folder]`
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Store, sqliteStore } from '../src/store/index.ts'
import { machine, machineText } from './report.ts'

const rounds = Number(process.argv[2] ?? 15)
const folder = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'rappel-bench-store-'))
const million = 1_000_000
const load = () => loadavg()[0].toFixed(1)

interface Figure {
  readonly name: string
  readonly goal: string
  /** Of one round: milliseconds, or points a second. */
  readonly numbers: readonly number[]
  readonly unit: string
}

console.log(`${machineText(machine())}; load ${load()}; ${rounds} rounds\n`)
try {
  print(await figures())
} finally {
  rmSync(folder, { recursive: true })
}
console.log(`\nload at the end ${load()}`)

async function figures(): Promise<Figure[]> {
  const written = 'at least 500,000'
  const path = join(folder, 'million.sqlite')
  await writeMillion(path)
  console.log(
    `a run of a million steps, series loss and 9 of 100,000 points: ${(statSync(path).size / 1e6).toFixed(0)} MB\n`,
  )
  return [
    {
      name: 'log, 10 values a step, flushed every 1,000 steps',
      goal: written,
      unit: 'points/s',
      numbers: await times(logged),
    },
    {
      name: 'log, 10 values a step, flushed every 20,000',
      goal: written,
      unit: 'points/s',
      numbers: await times((i) => logged(i, 20_000)),
    },
    {
      name: 'logMany, 5,000 points at a time, each flushed',
      goal: written,
      unit: 'points/s',
      numbers: await times(loggedMany),
    },
    {
      name: 'one series of 100,000 points read',
      goal: 'under 20',
      unit: 'ms',
      numbers: await timesOf(path, async (store) => await store.series('million', 'series 3')),
    },
    {
      name: 'a million steps opened: summary, names, loss',
      goal: 'under 500',
      unit: 'ms',
      numbers: await times(() => opened(path)),
    },
  ]
}

async function times(measure: (round: number) => Promise<number>): Promise<number[]> {
  const numbers: number[] = []
  // The first is not counted: it is there to compile the code.
  for (let i = 0; i <= rounds; i++) numbers.push(await measure(i))
  return numbers.slice(1)
}

/** Milliseconds of a call on an open store. */
async function timesOf(path: string, call: (store: Store) => Promise<unknown>): Promise<number[]> {
  const store = sqliteStore(path)
  const numbers = await times(() => milliseconds(() => call(store)))
  await store.close()
  return numbers
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await work()
  return performance.now() - begin
}

async function withNewRun(
  name: string,
  points: number,
  work: (writer: Awaited<ReturnType<Store['createRun']>>) => Promise<void>,
) {
  const path = join(folder, `${name}.sqlite`)
  const store = sqliteStore(path)
  const writer = await store.createRun({ id: name, kind: 'foreign', name, startedAt: 0, facts: {} })
  const seconds = (await milliseconds(() => work(writer))) / 1000
  await store.close()
  rmSync(path)
  return points / seconds
}

/** A step's point in ten series: values and epochs that follow no rule, seconds of a clock. */
function logged(round: number, between = 1000): Promise<number> {
  const steps = 100_000
  return withNewRun(`log ${round}`, 10 * steps, async (writer) => {
    const values: Record<string, number> = {}
    const names = Array.from({ length: 10 }, (_, i) => `series ${i}`)
    for (let step = 0; step < steps; step++) {
      for (const name of names) values[name] = step * 1.37
      writer.log({ step, epoch: step / 469, seconds: step / 813 }, values)
      if (step % between === between - 1) await writer.flush(step)
    }
  })
}

function loggedMany(round: number): Promise<number> {
  const points = 1_000_000
  return withNewRun(`many ${round}`, points, async (writer) => {
    for (let first = 0; first < points; first += 5000) {
      writer.logMany(series('loss', first, 5000))
      await writer.flush(first)
    }
  })
}

function series(name: string, first: number, count: number) {
  const column = (by: number) => Float64Array.from({ length: count }, (_, i) => (first + i) / by)
  return { name, steps: column(1), epochs: column(469), seconds: column(813), values: column(0.73) }
}

async function writeMillion(path: string): Promise<void> {
  const store = sqliteStore(path)
  const writer = await store.createRun({ id: 'million', kind: 'train', name: 'million', startedAt: 0, facts: {} })
  writer.logMany(series('loss', 0, million))
  for (let i = 1; i < 10; i++) writer.logMany(series(`series ${i}`, 0, 100_000))
  await writer.close('finished', undefined, 1)
  await store.close()
}

/** A new connection each time, as a command or a page has. */
function opened(path: string): Promise<number> {
  return milliseconds(async () => {
    const store = sqliteStore(path)
    const [run] = await store.runs()
    const names = await store.seriesNames(run.id)
    const loss = await store.series(run.id, 'loss')
    await store.events(run.id)
    if (names.length !== 10 || loss?.values.length !== million) throw new Error('the run is not what was written')
    await store.close()
  })
}

function print(all: readonly Figure[]): void {
  console.log(`${''.padEnd(50)}${'median'.padStart(12)}${'worst'.padStart(12)}   unit       goal`)
  for (const { name, goal, numbers, unit } of all) {
    const ordered = [...numbers].sort((a, b) => a - b)
    const worst = unit === 'ms' ? ordered[ordered.length - 1] : ordered[0]
    const shown = [ordered[ordered.length >> 1], worst].map((number) => written(number, unit).padStart(12))
    console.log(`${name.padEnd(50)}${shown.join('')}   ${unit.padEnd(8)}   ${goal}`)
  }
}

function written(number: number, unit: string): string {
  return unit === 'ms' ? number.toFixed(1) : Math.round(number).toLocaleString('en')
}
