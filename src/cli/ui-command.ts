/** @file `rappel ui`: the page of what is recorded. */
import { existsSync } from 'node:fs'
import { usageError } from '../base/errors.ts'
import { serveDashboard } from '../dashboard/server/serve.ts'
import type { Flags } from './arguments.ts'
import { storeOf } from './find-run.ts'
import { openStore } from './open-store.ts'
import { Stop } from './stop.ts'

/** Serves until it is stopped. @returns the exit status */
export async function uiCommand(flags: Flags): Promise<number> {
  const port = portOf(flags.port)
  const path = storeOf(flags)
  if (flags.store !== undefined && !existsSync(path))
    throw usageError(`there is no store ${path}`, 'name the file with --store; without it, it is .rappel/runs.sqlite')
  // Before the first run there is no store: it is made, so that the first run appears by itself.
  const store = openStore(path)
  const stop = new Stop()
  try {
    const serving = await serveDashboard(store, {
      port: port ?? 6060,
      now: Date.now,
      ...(flags.host !== undefined && { host: String(flags.host) }),
    })
    process.stderr.write(`rappel: the page is at ${serving.url} (Ctrl-C ends it)\n`)
    await new Promise<void>((resolve) => stop.asked.addEventListener('abort', () => resolve()))
    await serving.close()
    return 0
  } finally {
    await store.close()
  }
}

function portOf(given: string | true | undefined): number | undefined {
  if (given === undefined) return undefined
  const port = Number(given)
  if (/^\d+$/.test(String(given)) && port <= 65_535) return port
  throw usageError(`--port is '${given}', expected a whole number from 0 to 65535`)
}
