/** @file What the trials before a run showed, for a person. */
import type { ExperimentEvent } from '../diagnose/events.ts'
import { factorIn } from '../diagnose/rate-factors.ts'
import type { StartEvent } from '../train/events.ts'
import { significant } from './report.ts'

type Values = ExperimentEvent['values']

/** Some lines, without a line break at their end. @param start gives the run's own rate; without it rates are told as multiples */
export function experimentText({ experiment, values, words }: ExperimentEvent, start: StartEvent | undefined): string {
  if (words !== undefined) return words
  if (experiment === 'rates') return ratesText(values, start)
  if (experiment === 'shuffled-targets')
    return `trial of shuffled targets: in ${values.steps} steps the loss comes to ${lossText(values.own)} with the targets as they are, to ${lossText(values.shuffled)} with them shuffled`
  return `trial of one batch, ${values.steps} times: its loss goes from ${lossText(values.start)} to ${lossText(values.end)}`
}

function ratesText(values: Values, start: StartEvent | undefined): string {
  const rate = ownRate(start)
  const tried = Object.entries(values)
    .map(([name, end]) => ({ factor: factorIn(name), end }))
    .filter(({ factor }) => factor > 0)
    .sort((a, b) => a.factor - b.factor)
  const best = Math.min(...tried.map(({ end }) => end))
  const untrained = values.untrained ?? values.start
  const heading = `trials of ${values.steps} steps each, from a loss of ${lossText(untrained)}`
  const rows = tried.map(({ factor, end }) => {
    const name = rate === undefined ? `times ${factor}` : significant(rate * factor)
    const marks = [factor === 1 && "the run's own", end === best && end < untrained && 'best'].filter(Boolean)
    return `  learning rate ${name.padEnd(9)} ${lossText(end)}${marks.length > 0 ? `  ← ${marks.join(', ')}` : ''}`
  })
  return [heading, ...rows].join('\n')
}

/** The highest that is planned: what a finding speaks of. */
function ownRate(start: StartEvent | undefined): number | undefined {
  const planned = start?.learningRates?.map(({ rate }) => rate) ?? []
  if (planned.length > 0) return Math.max(...planned)
  const told = start?.rule?.hyper.learningRate
  return typeof told === 'number' ? told : undefined
}

const lossText = (loss: number) => (Number.isFinite(loss) ? significant(loss) : 'diverged')
