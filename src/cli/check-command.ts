/** @file `rappel check`. */
import { show, usageError } from '../base/errors.ts'
import { pointText } from '../check/model-check.ts'
import type { SanityCheckName } from '../check/sanity/report.ts'
import type { Flags } from './arguments.ts'
import type { CheckDocument } from './check-document.ts'
import { checkText } from './check-report.ts'
import { findConfigFile } from './config-file.ts'
import { toJson } from './document.ts'
import { printFailure } from './failure.ts'
import type { CheckRequest } from './protocol.ts'
import { painter } from './report.ts'
import { Stop } from './stop.ts'
import { workInChild } from './supervise.ts'
import { wholeNumber } from './whole-number.ts'

/** Checks gradients, data, loss and net of the project in `--config`. @returns the exit status */
export async function checkCommand(flags: Flags): Promise<number> {
  const stop = new Stop()
  const request = requestOf(flags)
  const ended = await workInChild(
    { type: 'check', request },
    (message) => {
      if (message.type === 'looking') {
        const text = stages[message.check]
        if (text !== undefined) process.stderr.write(`${text}\n`)
      }
      if (message.type !== 'checking') return
      const { steps, part } = message.progress
      process.stderr.write(`checking the ${part === 'data' ? 'data loss' : part} ${pointText(steps)}\n`)
    },
    stop,
  )
  if (ended.type === 'failed') {
    printFailure(ended.failure)
    return ended.failure.exitCode
  }
  if (ended.type !== 'checked') {
    process.stderr.write('rappel: stopped before the check was done\n')
    return stop.status
  }
  const { document } = ended
  const text = flags.json ? `${toJson(document)}\n` : `\n${checkText(document, painter(process.stdout))}`
  process.stdout.write(text)
  if (document.verdict === 'inconclusive')
    process.stderr.write('rappel: the check is inconclusive: nothing is shown to be wrong, nor all to be right\n')
  return stop.asked.aborted ? stop.status : statusOf(document)
}

/** What is told at the first check of each kind. */
const stages: Partial<Record<SanityCheckName, string>> = {
  inputs: 'checking the data',
  loss: 'checking the loss and the net',
  overfit: 'learning a few examples by heart',
}

/** 1 where something is wrong. Warnings, and what could not be shown either way, are no failure. */
export function statusOf({ verdict, sanity }: Pick<CheckDocument, 'verdict' | 'sanity'>): 0 | 1 {
  return verdict === 'fail' || sanity.verdict === 'fail' ? 1 : 0
}

function requestOf(flags: Flags): CheckRequest {
  if (flags.all && flags.fast)
    throw usageError(
      '--all and --fast are given, expected one of them',
      '--all checks every coordinate, --fast directions',
    )
  return {
    configFile: findConfigFile(flags.config as string | undefined),
    seed: wholeNumber('seed', flags.seed),
    threads: wholeNumber('threads', flags.threads),
    ...(flags.all && { extent: 'all' }),
    ...(flags.fast && { extent: 'directions' }),
    ...(flags.examples !== undefined && { examples: examplesOf(flags.examples) }),
  }
}

function examplesOf(given: string | true): number {
  const value = /^\d+$/.test(String(given)) ? Number(given) : 0
  if (value >= 1 && Number.isSafeInteger(value)) return value
  throw usageError(`--examples is ${show(given)}, expected a whole number from 1 up`)
}
