/** @file Starting the process that works, passing on what it says, and ending it well. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { RappelError } from '../base/errors.ts'
import type { FromChild, Result, ToChild, Work } from './protocol.ts'
import { abandonRunFolder, type RunFolder } from './run-folder.ts'
import type { Stop } from './stop.ts'

/** How the process ended; 'stopped' before there was anything to keep. */
export type Ended = Result | { readonly type: 'stopped' }

const verbs: Readonly<Record<Work['type'], string>> = {
  train: 'trains',
  check: 'checks',
  'find-rate': 'tries rates',
  race: 'races',
}
const results: ReadonlySet<string> = new Set<Result['type']>(['trained', 'checked', 'rate-found', 'raced', 'failed'])
const isResult = (message: FromChild): message is Result => results.has(message.type)

/** Milliseconds after which a stop that takes long is explained. */
const patience = 1000

/**
 * Trains, or checks, in a child process.
 *
 * @param onMessage gets what the child tells on the way
 * @param stop asked once, the child ends after the step in progress and keeps what was reached; asked twice, it is killed
 * @throws RappelError 'run' when the process dies by itself
 */
export async function workInChild(work: Work, onMessage: (message: FromChild) => void, stop: Stop): Promise<Ended> {
  if (stop.asked.aborted) return { type: 'stopped' }
  // The built package has .js files, the sources .ts ones; both lie beside this file.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const child = fork(fileURLToPath(new URL(`./child.${extension}`, import.meta.url)), {
    // What a configuration prints must not mix with the documents on standard output.
    stdio: ['ignore', 2, 2, 'ipc'],
    serialization: 'advanced',
    // Node 22 warns of its type stripping.
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  let dragging: NodeJS.Timeout | undefined
  const send = (message: ToChild) => {
    if (child.connected) child.send(message, () => {})
  }
  stop.asked.addEventListener('abort', () => {
    // The page may stay when the work is done: then there is nothing that could take long.
    if (child.exitCode !== null || child.signalCode !== null) return
    send({ type: 'stop' })
    dragging = setTimeout(
      () => process.stderr.write('rappel: stopping takes long; ask again to end it at once\n'),
      patience,
    )
  })
  stop.killed.addEventListener('abort', () => child.kill('SIGKILL'))
  let result: Result | undefined
  let folder: RunFolder | undefined
  child.on('message', (message: FromChild) => {
    if (message.type === 'ready') send(work)
    else if (message.type === 'claimed') folder = message.folder
    else if (isResult(message)) result = message
    else onMessage(message)
  })
  // The last message may still be on its way when the process has ended.
  const [[status, signal]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  clearTimeout(dragging)
  if (folder !== undefined && result?.type !== 'trained') abandonRunFolder(folder)
  if (result !== undefined) return result
  if (stop.asked.aborted || signal === 'SIGINT') return { type: 'stopped' }
  throw new RappelError(
    'run',
    `the process that ${verbs[work.type]} ended by itself (${signal ?? `exit status ${status}`})`,
    signal === 'SIGKILL'
      ? 'was it out of memory? try a smaller batch'
      : 'does the configuration end the process? if not, please report it with what RAPPEL_DEBUG=1 prints',
  )
}
