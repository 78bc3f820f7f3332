/** @file A peer as the benchmark sees it: a process that answers requests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { THREADS } from './peers/peer.ts'
import type { Hello, Replies, Reply, Request } from './protocol.ts'

export interface Contestant {
  /** The name for `--peer`. */
  readonly id: string
  readonly title: string
  readonly command: readonly string[]
  /** Compared on dense nets only. */
  readonly denseOnly?: true
}

const served = (id: string, title: string, options: Pick<Contestant, 'denseOnly'> = {}): Contestant => ({
  id,
  title,
  ...options,
  command: [process.execPath, `${import.meta.dirname}/serve.ts`, id],
})

export const CONTESTANTS: readonly Contestant[] = [
  served('rappel', 'Rappel'),
  {
    id: 'pytorch',
    title: 'PyTorch',
    command: [process.env.RAPPEL_PYTHON || 'python3', `${import.meta.dirname}/peers/pytorch.py`, String(THREADS)],
  },
  served('jax-js', 'jax-js', { denseOnly: true }),
  served('tfjs', 'tfjs', { denseOnly: true }),
  served('tfjs-tuned', 'tfjs, tuned', { denseOnly: true }),
]

/** A started peer. Requests go one at a time. */
export class Running {
  readonly contestant: Contestant
  #child: ChildProcess
  #lines: AsyncIterator<string>
  #complaint = ''

  constructor(contestant: Contestant) {
    this.contestant = contestant
    const [program, ...rest] = contestant.command
    // Python's OpenMP reads the count when it loads; Node's peers are told by THREADS.
    const env = { ...process.env, OMP_NUM_THREADS: String(THREADS) }
    this.#child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'], env })
    this.#child.on('error', (error) => {
      this.#complaint += `${error.message}: set RAPPEL_PYTHON to a Python with torch`
    })
    this.#child.stdin?.on('error', () => {}) // a process that died is noticed by its silence
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#complaint = (this.#complaint + text).slice(-2000)
    })
    this.#lines = createInterface({ input: this.#child.stdout ?? process.stdin })[Symbol.asyncIterator]()
  }

  async hello(): Promise<Hello> {
    const line = await this.#lines.next()
    if (line.done) return { version: 'none', available: this.#lastWords() }
    return JSON.parse(line.value)
  }

  /** @throws Error with the peer's own message, when it failed or died */
  async ask<K extends Request['do']>(request: Request & { do: K }): Promise<Replies[K]> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`)
    const line = await this.#lines.next()
    if (line.done) throw new Error(`the process ended: ${this.#lastWords()}`)
    const reply: Reply = JSON.parse(line.value)
    if ('error' in reply) throw new Error(reply.error)
    return reply as Replies[K]
  }

  /** Ends the process by ending its input, and waits for that. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.stdin?.end()
    await ended
  }

  #lastWords(): string {
    const lines = this.#complaint.trim().split('\n')
    return lines[lines.length - 1] || 'it said nothing'
  }
}
