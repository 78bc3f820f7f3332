/** @file Starting the process that trains, passing on what it says, and ending it well. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { RappelError } from '../base/errors.ts'
import type { TrainingEvent } from '../train/events.ts'
import type { RunDocument } from './document.ts'
import type { Failure } from './failure.ts'
import type { FromChild, ToChild, TrainRequest } from './protocol.ts'

export type Ended =
  | { readonly type: 'done'; readonly document: RunDocument }
  | { readonly type: 'failed'; readonly failure: Failure }
  /** Stopped before there was anything to keep. */
  | { readonly type: 'stopped' }

/**
 * Trains in a child process.
 *
 * @param stop asked once, the child ends after the step in progress and keeps what was reached; asked twice, it is killed
 * @throws RappelError 'run' when the process dies by itself
 */
export function trainInChild(
  request: TrainRequest,
  onEvent: (event: TrainingEvent) => void,
  stop: Stop,
): Promise<Ended> {
  // The built package has .js files, the sources .ts ones; both lie beside this file.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const child = fork(fileURLToPath(new URL(`./child.${extension}`, import.meta.url)), {
    // What a configuration prints must not mix with the documents on standard output.
    stdio: ['ignore', 2, 2, 'ipc'],
    serialization: 'advanced',
  })
  const send = (message: ToChild) => {
    if (child.connected) child.send(message, () => {})
  }
  stop.onStop(() => send({ type: 'stop' }))
  stop.onKill(() => child.kill('SIGKILL'))
  return new Promise((resolve, reject) => {
    let ended: Ended | undefined
    child.on('message', (message: FromChild) => {
      if (message.type === 'event') onEvent(message.event)
      else if (message.type === 'ready') send({ type: 'train', request })
      else ended = message
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (ended !== undefined) resolve(ended)
      else if (stop.asked || signal === 'SIGINT') resolve({ type: 'stopped' })
      else
        reject(
          new RappelError(
            'run',
            `the process that trains ended by itself (${signal ?? `exit code ${code}`})`,
            signal === 'SIGKILL'
              ? 'was it out of memory? try a smaller batch'
              : 'run it again; if it happens again, please report it',
          ),
        )
    })
  })
}

/** Ctrl-C: once asks to stop, twice kills. */
export class Stop {
  asked = false
  signal: NodeJS.Signals = 'SIGINT'
  readonly #stops: (() => void)[] = []
  readonly #kills: (() => void)[] = []

  /** Takes over SIGINT and SIGTERM of this process until it ends. */
  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        const handlers = this.asked ? this.#kills : this.#stops
        this.asked = true
        this.signal = signal
        for (const handler of handlers) handler()
      })
  }

  onStop(handler: () => void): void {
    this.#stops.push(handler)
    if (this.asked) handler()
  }

  onKill(handler: () => void): void {
    this.#kills.push(handler)
  }
}
