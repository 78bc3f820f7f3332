/** @file `rappel train` and `rappel demo`. */
import { dirname } from 'node:path'
import { usageError } from '../base/errors.ts'
import type { Flags } from './arguments.ts'
import type { CheckDocument } from './check-document.ts'
import { checkLines } from './check-report.ts'
import { findConfigFile } from './config-file.ts'
import { type RunDocument, toJson } from './document.ts'
import { printFailure } from './failure.ts'
import { diagnosisText } from './findings-report.ts'
import { Progress } from './progress.ts'
import { painter, reportText } from './report.ts'
import { Stop } from './stop.ts'
import { workInChild } from './supervise.ts'
import { wholeNumber } from './whole-number.ts'

/** Trains the project in `--config`. @returns the exit status */
export async function trainCommand(flags: Flags): Promise<number> {
  const { resume, config } = flags as { readonly resume?: string; readonly config?: string }
  if (flags.check && flags['no-check'])
    throw usageError('--check and --no-check cannot stand together', 'leave out one of them')
  if (flags['find-rate']) {
    const odd = ['resume', 'out', 'store', 'events', 'ui', 'check', 'no-check', 'probe'].find(
      (name) => flags[name] !== undefined,
    )
    if (odd !== undefined)
      throw usageError(`--${odd} cannot stand with --find-rate: nothing is kept or recorded`, `leave out --${odd}`)
    return (await import('./find-rate-command.ts')).findRateCommand(flags, findConfigFile(config))
  }
  if (resume === undefined) return run(flags, findConfigFile(config), flags.check === true)
  const fixed = ['seed', 'threads', 'out', 'check', 'no-check', 'probe'].find((name) => flags[name] !== undefined)
  if (fixed !== undefined)
    throw usageError(`--${fixed} cannot stand with --resume: a run goes on as it was begun`, `leave out --${fixed}`)
  return run(flags, config === undefined ? undefined : findConfigFile(config))
}

/** Checks a small net and its data, then trains it on the built-in digits. */
export async function demoCommand(flags: Flags): Promise<number> {
  return run(flags, undefined, true)
}

async function run(flags: Flags, configFile: string | undefined, check = false): Promise<number> {
  const stop = new Stop()
  if (!flags.ui) return (await train(flags, configFile, check, stop)).status
  const { openPage } = await import('./ui-command.ts')
  const page = await openPage(flags)
  try {
    process.stderr.write(`rappel: the page is at ${page.url}\n`)
    const { status, isRecorded } = await train(flags, configFile, check, stop)
    if (!isRecorded || stop.asked.aborted) return status
    process.stderr.write(`rappel: the page stays at ${page.url} until Ctrl-C\n`)
    await new Promise<void>((resolve) => stop.asked.addEventListener('abort', () => resolve()))
    return status
  } finally {
    await page.close()
  }
}

/** @returns the exit status, and whether there is a run to look at */
async function train(
  flags: Flags,
  configFile: string | undefined,
  check: boolean,
  stop: Stop,
): Promise<{ readonly status: number; readonly isRecorded: boolean }> {
  const request = {
    configFile,
    seed: wholeNumber('seed', flags.seed),
    threads: wholeNumber('threads', flags.threads),
    out: flags.out as string | undefined,
    store: flags.store as string | undefined,
    resume: flags.resume as string | undefined,
    check,
    unchecked: flags['no-check'] === true,
    probe: flags.probe === true,
  }
  const progress = new Progress(process.stderr)
  let resumedAt: number | undefined
  const ended = await workInChild(
    { type: 'train', request },
    (message) => {
      if (message.type === 'before') {
        showCheck(message.check)
        progress.checkIsShown = true
      }
      if (message.type === 'trying')
        process.stderr.write('trying other learning rates, shuffled targets and one batch first\n')
      if (message.type === 'loading') progress.load(message.progress)
      if (message.type !== 'event') return
      if (flags.events) process.stdout.write(`${toJson(message.event)}\n`)
      progress.show(message.event)
      if (message.event.type === 'resume') resumedAt = message.event.step
    },
    stop,
  ).finally(() => progress.clear())
  if (ended.type === 'failed') {
    printFailure(ended.failure)
    return { status: ended.failure.exitCode, isRecorded: false }
  }
  if (ended.type !== 'trained') {
    process.stderr.write('rappel: stopped before the first step; nothing was written\n')
    return { status: stop.status, isRecorded: false }
  }
  print(ended.document, flags)
  if (ended.document.outcome.reason === 'finished' && ended.document.steps === resumedAt)
    process.stderr.write('rappel: the run had finished already; to go on, raise epochs in its configuration\n')
  return { status: statusOf(ended.document, stop), isRecorded: true }
}

function showCheck(check: CheckDocument): void {
  process.stderr.write(`${checkLines(check)}\n`)
}

function print(document: RunDocument, flags: Flags): void {
  if (flags.events) process.stdout.write(`${toJson({ type: 'result', ...document })}\n`)
  else if (flags.json) process.stdout.write(`${toJson(document)}\n`)
  else {
    const paint = painter(process.stdout)
    process.stdout.write(`\n${reportText(document, paint)}\n${diagnosisText(document, paint)}\n`)
  }
}

function statusOf({ outcome, steps, model }: RunDocument, stop: Stop): number {
  if (outcome.reason === 'diverged') {
    printFailure({ code: 'run', ...outcome, exitCode: 1 })
    return 1
  }
  if (outcome.reason === 'interrupted')
    process.stderr.write(
      `rappel: interrupted after ${steps} steps; what was reached is kept in ${model}\n` +
        `  go on: rappel train --resume ${dirname(model as string)}\n`,
    )
  return outcome.reason === 'interrupted' || stop.asked.aborted ? stop.status : 0
}
