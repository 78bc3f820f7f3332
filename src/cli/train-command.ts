/** @file `rappel train` and `rappel demo`. */
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { checkInteger, usageError } from '../base/errors.ts'
import { findConfigFile } from './config-file.ts'
import { type RunDocument, toJson } from './document.ts'
import { printFailure } from './failure.ts'
import { Progress } from './progress.ts'
import { painter, reportText } from './report.ts'
import { Stop, trainInChild } from './supervise.ts'

export interface TrainFlags {
  readonly config?: string
  readonly seed?: string | number
  readonly threads?: string | number
  readonly out?: string
  readonly json?: boolean
  readonly events?: boolean
}

/** Exit status of a process that a signal ended, as shells have it: 128 and the signal's number. */
const interrupted = { SIGINT: 130, SIGTERM: 143 }

/** Trains the project in `--config`. @returns the exit status */
export async function trainCommand(flags: TrainFlags): Promise<number> {
  return runTraining(flags, findConfigFile(flags.config))
}

/** Trains the built-in digits. */
export async function demoCommand(flags: TrainFlags): Promise<number> {
  return runTraining(flags, undefined)
}

async function runTraining(flags: TrainFlags, configFile: string | undefined): Promise<number> {
  const stop = new Stop()
  const seed = wholeNumber('--seed', flags.seed, 0)
  const threads = wholeNumber('--threads', flags.threads, 1)
  const folder = flags.out ?? newRunFolder(new Date())
  const progress = new Progress(process.stderr)
  const ended = await trainInChild(
    { configFile, seed, threads, folder },
    (event) => {
      if (flags.events) process.stdout.write(`${toJson(event)}\n`)
      progress.show(event)
    },
    stop,
  ).finally(() => progress.clear())
  if (ended.type === 'failed') {
    printFailure(ended.failure)
    return ended.failure.exitCode
  }
  if (ended.type === 'stopped') {
    process.stderr.write('rappel: stopped before the first step; nothing was written\n')
    return interrupted[stop.signal as 'SIGINT']
  }
  return finish(ended.document, flags, stop)
}

function finish(document: RunDocument, flags: TrainFlags, stop: Stop): number {
  const shown = document.model === undefined ? document : { ...document, model: relative('.', document.model) || '.' }
  if (flags.events) process.stdout.write(`${toJson({ type: 'result', ...shown })}\n`)
  else if (flags.json) process.stdout.write(`${toJson(shown)}\n`)
  else process.stdout.write(`\n${reportText(shown, painter(process.stdout))}`)
  const { outcome } = document
  if (outcome.reason === 'diverged') {
    process.stderr.write(`rappel: ${outcome.message}\n  ${outcome.hint}\n`)
    return 1
  }
  if (outcome.reason === 'interrupted') {
    process.stderr.write(
      `rappel: interrupted after ${document.steps} steps; what was reached is kept in ${shown.model}\n`,
    )
    return interrupted[stop.signal as 'SIGINT'] ?? 130
  }
  return 0
}

function wholeNumber(name: string, value: string | number | undefined, min: number): number | undefined {
  if (value === undefined) return undefined
  const text = String(value)
  if (!/^\d+$/.test(text)) throw usageError(`${name} is '${text}', expected a whole number from ${min} up`)
  return checkInteger(name, Number(text), min)
}

/** Runs sort by their names: `20261123-091602`; a second one in the same second gets a number. */
function newRunFolder(now: Date): string {
  const name = join('.rappel', 'runs', now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15))
  for (let number = 2; ; number++) {
    const folder = number === 2 ? name : `${name}-${number - 1}`
    if (!existsSync(folder)) return folder
  }
}
