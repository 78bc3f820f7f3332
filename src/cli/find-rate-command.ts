/** @file `rappel train --find-rate`: which learning rate to begin with. */
import type { RateTest } from '../train/find-rate.ts'
import type { Flags } from './arguments.ts'
import { toJson } from './document.ts'
import { printFailure } from './failure.ts'
import { linePlot } from './plot.ts'
import { painter } from './report.ts'
import { Stop } from './stop.ts'
import { workInChild } from './supervise.ts'
import { wholeNumber } from './whole-number.ts'

/** @returns the exit status: 1 where no rate brought the loss down */
export async function findRateCommand(flags: Flags, configFile: string): Promise<number> {
  const stop = new Stop()
  const request = { configFile, seed: wholeNumber('seed', flags.seed), threads: wholeNumber('threads', flags.threads) }
  process.stderr.write('trying learning rates, from low to high\n')
  const ended = await workInChild({ type: 'find-rate', request }, () => {}, stop)
  if (ended.type === 'failed') {
    printFailure(ended.failure)
    return ended.failure.exitCode
  }
  if (ended.type !== 'rate-found') {
    process.stderr.write('rappel: stopped before the rates were tried\n')
    return stop.status
  }
  const { test } = ended
  process.stdout.write(flags.json ? `${toJson({ schema: 1, ...test })}\n` : `\n${rateText(test)}\n`)
  return stop.asked.aborted ? stop.status : test.suggestion === undefined ? 1 : 0
}

/** The curve by the logarithm of the rate, and what it says. */
function rateText({ rates, smoothed, losses, suggestion, words }: RateTest): string {
  const paint = painter(process.stdout)
  // What explodes would press the rest flat.
  const most = 2 * Math.max(...losses.slice(0, 10), smoothed[0])
  const points = rates.flatMap((rate, i) => (smoothed[i] < most ? [[Math.log10(rate), smoothed[i]] as const] : []))
  const heading = paint('bold', 'loss by the learning rate’s power of ten')
  const answer =
    suggestion === undefined
      ? paint('yellow', 'no learning rate to suggest')
      : paint('bold', `try learningRate: ${suggestion}`)
  return [heading, linePlot([{ name: 'loss', points }], { xLabel: '10^' }), '', words, answer].join('\n')
}
