/** @file The report at the end of a run, for a person. */
import { styleText } from 'node:util'
import type { Measured, RunDocument } from './document.ts'
import { linePlot, type Series } from './plot.ts'

type Style = Parameters<typeof styleText>[0]

/** Text in a colour, where the stream is a terminal that shows colours. */
export type Paint = (style: Style, text: string) => string

/** @param stream decides whether there are colours (NO_COLOR, FORCE_COLOR and pipes are respected) */
export function painter(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream, validateStream: true })
}

/** The whole report, ending in a line break: what came out, what it means, how it came about. */
export function reportText(document: RunDocument, paint: Paint): string {
  const parts = [headline(document, paint), ending(document), curves(document, paint), results(document, paint)]
  if (document.start.data.task === 'classification' && ['finished', 'stopped-early'].includes(document.outcome.reason))
    parts.push(verdict(document))
  return `${[...parts, facts(document, paint)].filter((part) => part !== '').join('\n\n')}\n`
}

function headline({ start, epochs, seconds }: RunDocument, paint: Paint): string {
  const done = epochs[epochs.length - 1].epoch
  const time = seconds === undefined ? '' : ` in ${seconds.toFixed(2)} s`
  const epochText = Number.isInteger(done) ? String(done) : done.toFixed(2)
  return `${paint('bold', start.data.name)}: ${epochText} of ${start.epochs} epochs${time}`
}

/** Why it ended where it did, and whose parameters these are. */
function ending({ outcome, restored, steps }: RunDocument): string {
  const lines: string[] = []
  if (outcome.reason === 'stopped-early') lines.push(`Stopped early: ${outcome.message}.`)
  if (outcome.reason === 'diverged')
    lines.push(
      `Diverged: ${outcome.message}. The model is that of the last sound step: after ${count(steps)} update${steps === 1 ? '' : 's'}.`,
    )
  if (restored !== undefined)
    lines.push(`The model and the measurements are those of the best epoch, ${restored.epoch}.`)
  return lines.join('\n')
}

function curves({ epochs }: RunDocument, paint: Paint): string {
  const series: Series[] = [
    {
      name: 'training',
      points: epochs.flatMap(({ epoch, training }) => (training ? [[epoch, training.loss] as const] : [])),
      paint: (text) => paint('cyan', text),
    },
    {
      name: 'validation',
      points: epochs.flatMap(({ epoch, validation }) => (validation ? [[epoch, validation.loss] as const] : [])),
      paint: (text) => paint('yellow', text),
    },
  ]
  const shown = series.filter(({ points }) => points.length > 0)
  if (shown.every(({ points }) => points.length < 2)) return ''
  const ends = shown.map(({ name, points, paint: colour }) => {
    const [, loss] = points[points.length - 1]
    return `${colour?.('──') ?? '──'} ${name} ${significant(loss)}`
  })
  return `loss by epoch   ${ends.join('   ')}\n${linePlot(shown, { xLabel: 'epoch' })}`
}

function results({ validation, training }: RunDocument, paint: Paint): string {
  const rows: [string, string][] = []
  if (validation !== undefined) rows.push(['validation', measuredText(validation, paint)])
  if (training !== undefined) rows.push(['training', measuredText(training, paint)])
  return table(rows)
}

function facts(document: RunDocument, paint: Paint): string {
  const { start, stepsPerSecond } = document
  const { data, parameters } = start
  const values = parameters.reduce((sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1), 0)
  const rows: [string, string][] = [
    ['data', `${count(data.training)} training and ${count(data.validation)} validation examples`],
    [
      'net',
      `${count(values)} parameters in ${parameters.map(({ name, shape }) => `${name} ${shape.join('×')}`).join(', ')}`,
    ],
    ['objective', start.penalty === undefined ? start.loss : `${start.loss} + ${start.penalty}`],
    ['update', start.update],
  ]
  if (start.constraint !== undefined) rows.push(['constraint', start.constraint])
  if (start.augment !== undefined) rows.splice(1, 0, ['augment', start.augment])
  if (stepsPerSecond !== undefined) rows.push(['speed', `${count(Math.round(stepsPerSecond))} steps per second`])
  const threads = `${start.threads} thread${start.threads === 1 ? '' : 's'}`
  rows.push(
    ['runs on', `${start.engine}, ${threads}, update in ${formText[start.form]}`],
    ['seed', String(document.seed)],
  )
  if (document.model !== undefined) rows.push(['model', paint('bold', document.model)])
  return table(rows)
}

function table(rows: readonly [name: string, text: string][]): string {
  return rows.map(([name, text]) => `${name.padEnd(11)} ${text}`).join('\n')
}

const formText = { wasm: 'WebAssembly', nodes: 'the graph' }

function measuredText({ loss, accuracy, accuracyInterval, examples }: Measured, paint: Paint): string {
  if (accuracy === undefined || accuracyInterval === undefined) return `loss ${paint('bold', significant(loss))}`
  const [low, high] = accuracyInterval.map(percent)
  const share = `${Math.round(accuracy * examples)} of ${count(examples)}`
  return `accuracy ${paint('bold', percent(accuracy))} (95% interval ${low} to ${high}; ${share}), loss ${significant(loss)}`
}

/** What the numbers mean, in words: how far from guessing, and how far apart the two parts are. */
function verdict({ epochs, start, training, validation }: RunDocument): string {
  const { classes } = start.data
  const before = epochs[0].validation?.loss
  const lines: string[] = []
  const isEntropy = ['softmaxCrossEntropy', 'binaryCrossEntropy'].includes(start.loss)
  if (before !== undefined && validation !== undefined && classes !== undefined && isEntropy)
    lines.push(
      `Guessing among ${classes.length} classes has a loss of ${significant(Math.log(classes.length))}; the net began at ${significant(before)} and ended at ${significant(validation.loss)}.`,
    )
  if (training?.accuracy !== undefined && validation?.accuracy !== undefined) {
    const gap = training.accuracy - validation.accuracy
    lines.push(
      gap > 0.05
        ? `Training accuracy is ${points(gap)} points above validation accuracy: the net overfits. A stronger penalty, dropout or more data would narrow that.`
        : `Training and validation accuracy are ${points(Math.abs(gap))} points apart.`,
    )
  }
  return lines.join('\n')
}

/** 1,438 */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}

/** A difference of shares, in percentage points. */
function points(difference: number): string {
  return (difference * 100).toFixed(1)
}

/** Three significant digits. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const text = Number(value.toPrecision(3))
  return Math.abs(value) >= 0.001 || value === 0 ? String(text) : text.toExponential()
}
