/** @file The process of one peer written in JavaScript: `node bench/serve.ts NAME`, driven by `contestant.ts`. */
import { createInterface } from 'node:readline'
import { makeCase } from './cases.ts'
import type { Peer, Prepared } from './peers/peer.ts'
import type { Reply, Request } from './protocol.ts'

const PEERS: Record<string, () => Promise<Peer>> = {
  rappel: async () => (await import('./peers/rappel.ts')).rappel,
  'jax-js': async () => (await import('./peers/jax-js.ts')).jaxJs,
  tfjs: async () => (await import('./peers/tfjs.ts')).tfjs,
  'tfjs-tuned': async () => (await import('./peers/tfjs.ts')).tfjsTuned,
}

console.log = console.error // standard output belongs to the protocol
const peer = await PEERS[process.argv[2]]()
say({ version: peer.version, available: await peer.available() })
let prepared: Prepared | undefined
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say(await answer(JSON.parse(line)))
  } catch (error) {
    say({ error: error instanceof Error ? error.message : String(error) })
  }
}
prepared?.close()

async function answer(request: Request): Promise<Reply> {
  if (request.do === 'prepare') {
    prepared?.close()
    prepared = await peer.prepare(makeCase(request.spec))
    return { form: prepared.form }
  }
  if (!prepared) throw new Error(`${request.do} before prepare`)
  if (request.do === 'loss') return { loss: await prepared.loss() }
  if (request.settle > 0) await prepared.step(request.settle)
  const start = performance.now()
  await prepared.step(request.count)
  const milliseconds = performance.now() - start
  const { user, system } = process.cpuUsage()
  return { milliseconds, cpu: (user + system) / 1000 }
}

function say(reply: Reply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`)
}
