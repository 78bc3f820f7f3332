/** @file Starting the process that trains, passing on what it says, and ending it well. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { RappelError } from '../base/errors.ts'
import type { LoadProgress } from '../data/progress.ts'
import type { TrainingEvent } from '../train/events.ts'
import type { FromChild, Result, ToChild, TrainRequest } from './protocol.ts'
import { abandonRunFolder, type RunFolder } from './run-folder.ts'
import type { Stop } from './stop.ts'

/** How the process ended; 'stopped' before there was anything to keep. */
export type Ended = Result | { readonly type: 'stopped' }

/** Milliseconds after which a stop that takes long is explained. */
const patience = 1000

/**
 * Trains in a child process.
 *
 * @param onLoading is told how far a download of the data is
 * @param stop asked once, the child ends after the step in progress and keeps what was reached; asked twice, it is killed
 * @throws RappelError 'run' when the process dies by itself
 */
export async function trainInChild(
  request: TrainRequest,
  onEvent: (event: TrainingEvent) => void,
  stop: Stop,
  onLoading: (progress: LoadProgress) => void = () => {},
): Promise<Ended> {
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
    if (message.type === 'ready') send({ type: 'train', request })
    else if (message.type === 'claimed') folder = message.folder
    else if (message.type === 'event') onEvent(message.event)
    else if (message.type === 'loading') onLoading(message.progress)
    else result = message
  })
  // The last message may still be on its way when the process has ended.
  const [[status, signal]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  clearTimeout(dragging)
  if (folder !== undefined && result?.type !== 'done') abandonRunFolder(folder)
  if (result !== undefined) return result
  if (stop.asked.aborted || signal === 'SIGINT') return { type: 'stopped' }
  throw new RappelError(
    'run',
    `the process that trains ended by itself (${signal ?? `exit status ${status}`})`,
    signal === 'SIGKILL'
      ? 'was it out of memory? try a smaller batch'
      : 'does the configuration end the process? if not, please report it with what RAPPEL_DEBUG=1 prints',
  )
}
