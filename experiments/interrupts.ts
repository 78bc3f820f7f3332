/**
 * @file Ctrl-C at 50 seeded random moments of a training, from the start of Node to its end: every time the exit status 130 (or the
 * signal itself, before Node runs our first line), nothing half-written, no process left. Needs the built package: npm run build.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RandomStream } from '../src/base/random.ts'
import { operators } from '../src/graph/ops/index.ts'
import { readModel } from '../src/graph/proto.ts'

const runs = 50
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
const count = { status130: 0, bySignal: 0, wrong: 0, models: 0, slowest: 0 }
for (let run = 0; run < runs; run++) {
  const after = moments.integer(longest)
  const folder = mkdtempSync(join(tmpdir(), 'rappel-interrupt-'))
  writeFileSync(join(folder, 'rappel.config.ts'), configuration)
  const child = spawn(process.execPath, [bin, 'train'], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaint = ''
  child.stderr.on('data', (chunk) => {
    complaint += chunk
  })
  child.stdout.resume()
  const group = -(child.pid as number)
  const ended = new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (...how) => resolve(how))
  })
  await sleep(after)
  const sentAt = performance.now()
  process.kill(group, 'SIGINT')
  const [status, signal] = await ended
  count.slowest = Math.max(count.slowest, performance.now() - sentAt)
  const problems = problemsOf(folder, complaint, group)
  if (signal === 'SIGINT') count.bySignal++
  else if (status === 130) count.status130++
  else problems.push(`exit status ${status}, signal ${signal}`)
  if (problems.length > 0) {
    count.wrong++
    console.log(`after ${after} ms: ${problems.join('; ')}`)
  }
  rmSync(folder, { recursive: true })
}
console.log(
  `${runs} interrupts: ${count.status130} exit status 130, ${count.bySignal} ended by the signal before our first line, ${count.wrong} wrong;`,
  `${count.models} models kept, each whole; the slowest took ${Math.round(count.slowest)} ms to end`,
)
process.exitCode = count.wrong === 0 ? 0 : 1

/** What an interrupted run left that it must not. */
function problemsOf(folder: string, complaint: string, group: number): string[] {
  const problems: string[] = []
  if (/\n\s+at |Error:/.test(complaint)) problems.push(`a stack trace: ${complaint}`)
  const files = readdirSync(folder, { recursive: true }).map(String)
  problems.push(...files.filter((name) => name.endsWith('.part')).map((name) => `${name} is left`))
  for (const name of files.filter((file) => file.endsWith('.onnx'))) {
    readModel(new Uint8Array(readFileSync(join(folder, name))), operators, { file: name, dimensions: { batch: 1 } })
    count.models++
  }
  try {
    process.kill(group, 0)
    problems.push('a process is left')
  } catch {
    // Nobody is in the group any more.
  }
  return problems
}
