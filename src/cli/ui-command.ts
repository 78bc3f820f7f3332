/** @file `rappel ui`: the page of what is recorded. */
import { existsSync } from 'node:fs'
import { usageError } from '../base/errors.ts'
import { type Serving, serveDashboard } from '../dashboard/server/serve.ts'
import type { Flags } from './arguments.ts'
import { storeOf } from './find-run.ts'
import { LastingStore } from './lasting-store.ts'
import { Stop } from './stop.ts'

/** Serves until it is stopped. @returns the exit status */
export async function uiCommand(flags: Flags): Promise<number> {
  const path = storeOf(flags)
  if (flags.store !== undefined && !existsSync(path))
    throw usageError(`there is no store ${path}`, 'name the file with --store; without it, it is .rappel/runs.sqlite')
  const stop = new Stop()
  const page = await openPage(flags)
  process.stderr.write(`rappel: the page is at ${page.url} (Ctrl-C ends it)\n`)
  await new Promise<void>((resolve) => stop.asked.addEventListener('abort', () => resolve()))
  await page.close()
  return 0
}

/**
 * Serves the page of the store that a command means, which may not be there yet.
 *
 * @throws RappelError 'usage' when the port is taken, or the store is none
 */
export async function openPage(flags: Flags): Promise<Serving> {
  const port = portOf(flags.port)
  const store = new LastingStore(storeOf(flags))
  try {
    const serving = await serveDashboard(store, { port, now: Date.now, host: flags.host as string | undefined })
    const close = async () => {
      await serving.close()
      await store.close()
    }
    return { ...serving, close }
  } catch (error) {
    await store.close()
    throw error
  }
}

function portOf(given: string | true | undefined): number | undefined {
  if (given === undefined) return undefined
  const port = Number(given)
  if (/^\d+$/.test(String(given)) && port <= 65_535) return port
  throw usageError(`--port is '${given}', expected a whole number from 0 to 65535`)
}
