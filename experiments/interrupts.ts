/**
 * @file Ctrl-C at 50 seeded random moments of a training without end, and at 50 of `rappel demo`, from the start of Node to shortly
 * before the demo's end; by turns to all processes, as a terminal sends it, and to the command line alone. Every time the exit
 * status 130 (or the signal itself, before Node runs our first line), nothing half-written, no process left.
 * Needs the built package: npm run build.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RandomStream } from '../src/base/random.ts'
import { operators } from '../src/graph/ops/index.ts'
import { readModel } from '../src/graph/proto.ts'

const runs = 50
/** Milliseconds within which the moments lie. */
const longest = 2500
const bin = fileURLToPath(new URL('../bin/rappel.js', import.meta.url))
const configuration = `import { defineConfig, loss, nn, optim } from 'rappel'
import { digits } from 'rappel/data'
export default defineConfig({
  data: digits(),
  model: nn.sequential(nn.dense(200), nn.relu(), nn.dropout(0.2), nn.dense(10)),
  loss: loss.softmaxCrossEntropy(),
  update: optim.momentum({ learningRate: 0.1 }),
  epochs: 1e6,
  batchSize: 100,
})
`
const moments = new RandomStream(20261123, 'interrupts')

await interrupt('train', longest)
await interrupt('demo', Math.floor((await quickestDemo()) * 0.95))

/** Interrupts a command at many moments and tells what came of it. */
async function interrupt(command: string, within: number): Promise<void> {
  const count = { status130: 0, bySignal: 0, late: 0, wrong: 0, models: 0, slowest: 0 }
  for (let run = 0; run < runs; run++) {
    const after = moments.integer(within)
    const { child, folder, ended } = start(command)
    await sleep(after)
    const sentAt = performance.now()
    const came = kill(run % 2 === 0 ? -child.pid : child.pid, 'SIGINT')
    const { status, signal, complaint } = await ended
    count.slowest = Math.max(count.slowest, performance.now() - sentAt)
    const problems = problemsOf(folder, complaint, -child.pid)
    if (!came && status === 0) count.late++
    else if (signal === 'SIGINT') count.bySignal++
    else if (status === 130) count.status130++
    else problems.push(`exit status ${status}, signal ${signal}`)
    if (problems.length > 0) {
      count.wrong++
      console.log(`${command}, after ${after} ms: ${problems.join('; ')}`)
      process.exitCode = 1
    }
    count.models += modelsIn(folder).length
    rmSync(folder, { recursive: true })
  }
  console.log(
    `rappel ${command}, ${runs} interrupts within ${within} ms: ${count.status130} exit status 130, ${count.bySignal} ended by the`,
    `signal before our first line, ${count.late} had finished, ${count.wrong} wrong; ${count.models} models kept, each whole; the slowest took`,
    `${Math.round(count.slowest)} ms to end`,
  )
}

function start(command: string) {
  const folder = mkdtempSync(join(tmpdir(), 'rappel-interrupt-'))
  writeFileSync(join(folder, 'rappel.config.ts'), configuration)
  const child = spawn(process.execPath, [bin, command], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  }) as ChildProcessByStdio<null, Readable, Readable> & { readonly pid: number }
  child.stdout.resume()
  const ended = Promise.all([once(child, 'close'), text(child.stderr)]).then(([[status, signal], complaint]) => ({
    status: status as number | null,
    signal: signal as NodeJS.Signals | null,
    complaint,
  }))
  return { child, folder, ended }
}

/** Milliseconds of the quickest of three. */
async function quickestDemo(): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    const startedAt = performance.now()
    const { folder, ended } = start('demo')
    await ended
    times.push(performance.now() - startedAt)
    rmSync(folder, { recursive: true })
  }
  return Math.min(...times)
}

/** What an interrupted run left that it must not. */
function problemsOf(folder: string, complaint: string, group: number): string[] {
  const problems: string[] = []
  if (/\n\s+at |Error:/.test(complaint)) problems.push(`a stack trace: ${complaint}`)
  const halves = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.part'))
  problems.push(...halves.map((name) => `${name} is left`))
  for (const name of modelsIn(folder)) {
    try {
      readModel(new Uint8Array(readFileSync(join(folder, name))), operators, { dimensions: { batch: 1 } })
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`)
    }
  }
  if (kill(group, 0)) problems.push('a process is left')
  return problems
}

/** @returns false when nobody is there */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

function modelsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.onnx'))
}
