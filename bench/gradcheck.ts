/**
 * @file Milliseconds per gradient check beside `torch.autograd.gradcheck`: a float64 MLP 20-50-50-10, softmax loss, batch 5, 4,110
 * parameters. Each in a process of its own, in turn; compilation apart. `node bench/gradcheck.ts [rounds]`
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { machine, machineText } from './report.ts'

const rounds = Number(process.argv[2] ?? 15)
const threads = 1
/** Untimed rounds: JavaScript's compiler needs some to be done. */
const warmUps = 10

/** A process that does one check for each line that it gets. */
class Checker {
  readonly name: string
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(name: string, command: readonly string[]) {
    this.name = name
    const [program, ...rest] = command
    this.#child = spawn(program, rest, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, OMP_NUM_THREADS: String(threads) },
    })
    this.#child.on('error', () => {})
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  }

  /** @returns the version, or undefined where it is not there */
  async hello(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next()
    return done ? undefined : (JSON.parse(value) as { version?: string }).version
  }

  async time(mode: string): Promise<number> {
    this.#child.stdin?.write(`${mode}\n`)
    const { value } = await this.#lines.next()
    const { milliseconds, passed } = JSON.parse(value) as { milliseconds: number; passed: boolean }
    if (!passed) throw new Error(`${this.name}: the check '${mode}' does not pass, expected a right gradient to pass`)
    return milliseconds
  }

  close(): void {
    this.#child.stdin?.end()
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]
const column = (milliseconds: number) => milliseconds.toFixed(2).padStart(9)
const load = () => loadavg()[0].toFixed(1)

console.log(`${machineText(machine())}; ${threads} thread, load ${load()}; ${rounds} rounds: ms, median and least\n`)
for (const activation of ['tanh', 'relu']) await compare(activation)
console.log(`load at the end ${load()}`)

async function compare(activation: string): Promise<void> {
  const rappel = new Checker('Rappel', [
    process.execPath,
    `${import.meta.dirname}/peers/gradcheck.ts`,
    String(threads),
    activation,
  ])
  const python = process.env.RAPPEL_PYTHON || 'python3'
  const pytorch = new Checker('PyTorch', [
    python,
    `${import.meta.dirname}/peers/gradcheck.py`,
    String(threads),
    activation,
  ])
  try {
    await rappel.hello()
    const version = await pytorch.hello()
    const runs: [Checker, string, string][] = [
      [rappel, 'slow', 'Rappel, every coordinate'],
      [rappel, 'sweep', 'Rappel, every coordinate, steps by sweep'],
      [rappel, 'values', 'of which the losses'],
      [rappel, 'fast', 'Rappel, a direction for each tensor'],
    ]
    if (version === undefined) console.log('PyTorch skipped: set RAPPEL_PYTHON to a Python with torch')
    else
      runs.push([pytorch, 'slow', `PyTorch ${version}, slow mode`], [pytorch, 'fast', `PyTorch ${version}, fast mode`])
    // The first of each compiles, or loads what it needs.
    const first = new Map<string, number>()
    const times = new Map<string, number[]>(runs.map(([, , label]) => [label, []]))
    for (const [checker, mode, label] of runs) first.set(label, await checker.time(mode))
    for (let i = 0; i < warmUps; i++) for (const [checker, mode] of runs) await checker.time(mode)
    for (let round = 0; round < rounds; round++)
      for (const [checker, mode, label] of runs) times.get(label)?.push(await checker.time(mode))
    console.log(`${activation}${' '.repeat(38)}   median    least    first, with compilation`)
    for (const [label, all] of times)
      console.log(
        `  ${label.padEnd(42)}${column(median(all))}${column(Math.min(...all))}${column(first.get(label) as number)}`,
      )
    ratios(runs, times)
  } finally {
    rappel.close()
    pytorch.close()
  }
}

function ratios(runs: readonly [Checker, string, string][], times: ReadonlyMap<string, readonly number[]>): void {
  for (const mode of ['slow', 'fast']) {
    const [ours, theirs] = ['Rappel', 'PyTorch'].map((name) => {
      const run = runs.find(([checker, of]) => checker.name === name && of === mode)
      return run && times.get(run[2])
    })
    if (ours === undefined || theirs === undefined) continue
    const of = (value: (all: readonly number[]) => number) => (value(ours) / value(theirs)).toFixed(3)
    console.log(`  ${mode}: Rappel / PyTorch = ${of(median)} by medians, ${of((all) => Math.min(...all))} by the least`)
  }
  console.log('')
}
