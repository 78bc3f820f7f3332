/** @file Progress on standard error: one line that is drawn over on a terminal, one line an epoch elsewhere. */
import type { LoadProgress } from '../data/progress.ts'
import type { CheckEvent, ToldEvent } from '../diagnose/events.ts'
import type { EpochEvent, ResumeEvent, RollBackEvent, StartEvent } from '../train/events.ts'
import { experimentText } from './experiments-report.ts'
import { findingEventText } from './findings-report.ts'
import { count, painter, percent, significant } from './report.ts'
import { troubleLines } from './sanity-report.ts'

/** Milliseconds between two drawings: more often is only flicker. */
const interval = 80

export class Progress {
  readonly #stream: NodeJS.WriteStream
  #start: StartEvent | undefined
  #last: EpochEvent | undefined
  #drawnAt = 0
  #drawn = false
  /** What the check found has been said already, as the whole report of it. */
  checkIsShown = false
  /** The file whose download was told last. */
  #loading: string | undefined

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  show(event: ToldEvent): void {
    if (event.type === 'start') this.#begin(event)
    else if (event.type === 'steps') this.#draw(event.epoch, event.losses[event.losses.length - 1])
    else if (event.type === 'epoch') this.#epoch(event)
    else if (event.type === 'resume') this.#resume(event)
    else if (event.type === 'roll-back') this.#rollBack(event)
    else if (event.type === 'check') this.#check(event)
    else if (event.type === 'experiment') this.#say(experimentText(event, this.#start))
    else if (event.type === 'finding' || event.type === 'finding-cleared')
      this.#say(findingEventText(event, painter(this.#stream)))
  }

  /** How far a download is: a line that is drawn over on a terminal, a line for each file elsewhere. */
  load({ what, done, total }: LoadProgress): void {
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
    const size = total === undefined ? '' : ` of ${megabytes(total)} MB`
    const isNew = what !== this.#loading
    this.#loading = what
    if (this.#stream.isTTY) this.#line(`downloading ${what}: ${megabytes(done)}${size || ' MB'}`)
    else if (isNew) this.#stream.write(`downloading ${what}${size && `: ${size.slice(' of '.length)}`}\n`)
  }

  /** Takes the line away: what follows starts on a clean one. */
  clear(): void {
    if (this.#drawn) this.#stream.write('\r\x1b[2K')
    this.#drawn = false
  }

  #begin(event: StartEvent): void {
    this.clear()
    this.#start = event
    const { data } = event
    this.#stream.write(
      `training on ${count(data.training)} examples of ${data.name}, ${event.epochs} epoch${event.epochs === 1 ? '' : 's'}\n`,
    )
  }

  /** What has the code of a finding is told as one: here the rest. */
  #check({ sanity, words }: CheckEvent): void {
    if (this.checkIsShown) return
    if (sanity === undefined) this.#say(words)
    else for (const line of troubleLines(sanity.findings.filter(({ code }) => code === undefined))) this.#say(line)
  }

  #say(text: string | undefined): void {
    if (text === undefined) return
    this.clear()
    this.#stream.write(`${text}\n`)
  }

  #resume({ step, epoch, warnings }: ResumeEvent): void {
    this.#stream.write(`resumed after step ${count(step)}, in epoch ${Math.floor(epoch) + 1}\n`)
    for (const warning of warnings) this.#stream.write(`rappel: ${warning}\n`)
  }

  #rollBack({ message, to, rateFactor }: RollBackEvent): void {
    this.clear()
    this.#stream.write(
      `rappel: ${message}; going on from step ${count(to)} with learning rates times ${significant(rateFactor)}\n`,
    )
  }

  #epoch(event: EpochEvent): void {
    this.#last = event
    if (this.#stream.isTTY) this.#draw(event.epoch, event.training?.loss)
    else if (event.epoch > 0) this.#stream.write(`${this.#text(event.epoch, event.training?.loss)}\n`)
  }

  #draw(epoch: number, loss: number | undefined): void {
    const now = performance.now()
    if (!this.#stream.isTTY || now - this.#drawnAt < interval) return
    this.#drawnAt = now
    const total = this.#start?.epochs ?? 1
    const filled = Math.round((epoch / total) * 24)
    const line = `${'━'.repeat(filled)}${'╌'.repeat(24 - filled)} ${this.#text(epoch, loss)}`
    this.#line(line)
  }

  #line(text: string): void {
    this.#drawn = true
    // A line that wraps cannot be drawn over.
    this.#stream.write(`\r\x1b[2K${text.slice(0, this.#stream.columns - 1)}`)
  }

  #text(epoch: number, loss: number | undefined): string {
    const parts = [`epoch ${Math.floor(epoch)} of ${this.#start?.epochs}`]
    if (loss !== undefined) parts.push(`loss ${significant(loss)}`)
    const validation = this.#last?.validation
    if (validation?.accuracy !== undefined) parts.push(`validation accuracy ${percent(validation.accuracy)}`)
    else if (validation !== undefined) parts.push(`validation loss ${significant(validation.loss)}`)
    return parts.join(' · ')
  }
}
