/** @file Milliseconds per training step: Rappel beside PyTorch, jax-js and TensorFlow.js. README.md says what is compared. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CASES } from './cases.ts'
import { CONTESTANTS } from './contestant.ts'
import { type CaseResult, measure } from './measure.ts'
import { THREADS } from './peers/peer.ts'
import { caseText, type Machine, machine, machineText } from './report.ts'

const USAGE = `npm run bench -- [--case NAME]... [--peer NAME]... [--rounds N] [--json FILE]
  cases: ${CASES.map(({ name }) => name).join(', ')}
  peers: ${CONTESTANTS.map(({ id }) => id).join(', ')}`

class UsageError extends Error {}

interface Options {
  readonly cases: typeof CASES
  readonly contestants: typeof CONTESTANTS
  readonly rounds: number
  readonly json?: string
}

try {
  process.exitCode = await run(readOptions())
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\n${USAGE}`)
  process.exitCode = 2
}

/** The exit code: 1 when a peer computes something else or broke down, or nothing could be measured. */
async function run({ cases, contestants, rounds, json }: Options): Promise<number> {
  const here = machine()
  console.log(`${machineText(here)}; ${THREADS} threads where a peer can use them\n`)
  const results: CaseResult[] = []
  for (const spec of cases) {
    const result = await measure(spec, contestants, rounds, tell)
    results.push(result)
    tell('')
    console.log(`${caseText(result)}\n`)
    for (const { peer, reason } of result.failed) console.log(`${peer} FAILED: ${reason}\n`)
  }
  for (const { peer, reason } of results[0].missing) console.log(`${peer} skipped: ${reason}`)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(documentOf(results, here), null, 2)}\n`)
  return results.some(({ failed, rounds: quiet, disturbed }) => failed.length > 0 || (disturbed > 0 && quiet === 0))
    ? 1
    : 0
}

function documentOf(results: readonly CaseResult[], here: Machine) {
  return {
    schema: 1,
    machine: here,
    threads: THREADS,
    cases: results,
  }
}

function readOptions(): Options {
  const { values } = parse()
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError(`--rounds is ${values.rounds}, expected 1 or more`)
  return {
    cases: choose('case', values.case, CASES, ({ name }) => name),
    contestants: choose('peer', values.peer, CONTESTANTS, ({ id }) => id),
    rounds,
    json: values.json,
  }
}

function parse() {
  try {
    return parseArgs({
      options: {
        case: { type: 'string', multiple: true },
        peer: { type: 'string', multiple: true },
        rounds: { type: 'string', default: '30' },
        json: { type: 'string' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** Those that were named, or all. */
function choose<T>(
  option: string,
  names: readonly string[] | undefined,
  all: readonly T[],
  nameOf: (one: T) => string,
) {
  if (!names) return all
  const unknown = names.find((name) => !all.some((one) => nameOf(one) === name))
  if (unknown !== undefined) throw new UsageError(`--${option} ${unknown} is not known`)
  return all.filter((one) => names.includes(nameOf(one)))
}

/** One line on standard error that replaces itself, where that is a terminal. */
function tell(progress: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${progress}`)
}
