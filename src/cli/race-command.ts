/** @file `rappel race`: update rules on the project's net and data. */
import { checkInteger, suggestion, usageError } from '../base/errors.ts'
import type { RaceReport, RaceResult } from '../search/race.ts'
import type { Flags } from './arguments.ts'
import { findConfigFile } from './config-file.ts'
import { toJson } from './document.ts'
import { printFailure } from './failure.ts'
import { linePlot } from './plot.ts'
import { isRacer, racers } from './racers.ts'
import { painter, significant } from './report.ts'
import { Stop } from './stop.ts'
import { workInChild } from './supervise.ts'
import { tableText } from './table.ts'
import { wholeNumber } from './whole-number.ts'

const usual = ['sgd', 'momentum', 'nesterov', 'rmsprop', 'adam']

/** @returns the exit status */
export async function raceCommand(flags: Flags): Promise<number> {
  const { config, store, rules = usual.join(','), seeds } = flags as { readonly [name: string]: string | undefined }
  const request = {
    configFile: findConfigFile(config),
    seed: wholeNumber('seed', flags.seed),
    threads: wholeNumber('threads', flags.threads),
    store,
    rules: rules.split(',').map((name) => name.trim()),
    seeds: seedsOf(seeds),
  }
  const odd = request.rules.find((name) => !isRacer(name))
  if (odd !== undefined)
    throw usageError(`--rules names '${odd}', which is no rule`, suggestion(odd, ['own', ...racers]))
  const stop = new Stop()
  const isTerminal = process.stderr.isTTY
  const ended = await workInChild(
    { type: 'race', request },
    (message) => {
      if (message.type !== 'racing') return
      const { words, done, of } = message.progress
      process.stderr.write(`${isTerminal ? '\r\x1b[2K' : ''}${done + 1} of ${of}: ${words}${isTerminal ? '' : '\n'}`)
    },
    stop,
  ).finally(() => isTerminal && process.stderr.write('\r\x1b[2K'))
  if (ended.type === 'failed') {
    printFailure(ended.failure)
    return ended.failure.exitCode
  }
  if (ended.type !== 'raced') {
    process.stderr.write('rappel: stopped before the race was over\n')
    return stop.status
  }
  const { report, runs } = ended
  process.stdout.write(flags.json ? `${toJson({ schema: 1, ...report, runs })}\n` : `\n${raceText(report, runs)}\n`)
  return stop.asked.aborted ? stop.status : 0
}

function seedsOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const seeds = Number(given)
  checkInteger('--seeds', /^\d+$/.test(given) ? seeds : (given as unknown as number), 1)
  return seeds
}

function raceText({ results, words }: RaceReport, runs: readonly string[]): string {
  const paint = painter(process.stdout)
  const styles = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'red'] as const
  const series = results.map((result, i) => ({
    name: result.name,
    points: meanCurve(result),
    paint: (text: string) => paint(styles[i % styles.length], text),
  }))
  const legend = series.map(({ name, paint: own }) => own(`── ${name}`)).join('   ')
  const rows = results.map(({ name, learningRate, atBorder, loss, behind, runs: own }) => [
    { text: name },
    { text: learningRate === undefined ? '–' : `${significant(learningRate)}${atBorder ? ' *' : ''}` },
    { text: `${significant(loss.mean)} (${intervalText(loss.interval)})` },
    { text: behind === undefined ? 'first' : `${significant(behind.mean)} (${intervalText(behind.interval)})` },
    { text: secondsText(own) },
  ])
  const columns = [
    { heading: 'rule' },
    { heading: 'rate', right: true },
    { heading: 'validation loss (95%)' },
    { heading: 'behind (95%)' },
    { heading: 'seconds', right: true },
  ]
  const border = results.some(({ atBorder }) => atBorder)
    ? ['* the best of the rates that were tried is the lowest or highest of them: one beyond may be better']
    : []
  return [
    `${paint('bold', 'validation loss by gradient evaluations')}   ${legend}`,
    linePlot(series, { xLabel: 'evaluations' }),
    '',
    tableText(columns, rows, paint),
    ...border,
    '',
    words,
    `recorded: rappel runs compare ${runs.join(' ')}, or Compare in rappel ui`,
  ].join('\n')
}

/** Means over the seeds, without the start, which is the same for all. */
function meanCurve({ runs }: RaceResult): (readonly [number, number])[] {
  const [first] = runs
  return first.milestones.slice(1).map(({ evaluations }, i) => {
    const losses = runs.map(({ milestones }) => milestones[i + 1]?.loss ?? Number.NaN)
    return [evaluations, losses.reduce((sum, loss) => sum + loss, 0) / losses.length] as const
  })
}

const intervalText = ([low, high]: readonly [number, number]) =>
  Number.isFinite(low + high) ? `${significant(low)} to ${significant(high)}` : '?'

function secondsText(runs: RaceResult['runs']): string {
  const seconds = runs.flatMap(({ milestones }) => milestones[milestones.length - 1].seconds ?? [])
  return seconds.length === 0 ? '–' : significant(seconds.reduce((sum, own) => sum + own, 0) / seconds.length)
}
