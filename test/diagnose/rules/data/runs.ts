/** @file Runs made of numbers, for rules that look at data and at both parts. */
import type { SanityFinding } from '../../../../src/check/sanity/report.ts'
import { sanityReport } from '../../../../src/check/sanity/report.ts'
import type { CheckEvent, RunEvent } from '../../../../src/diagnose/events.ts'
import type { FindingCode, Judgement } from '../../../../src/diagnose/finding.ts'
import { History } from '../../../../src/diagnose/history.ts'
import { rules } from '../../../../src/diagnose/rules/index.ts'
import type { Distribution, EndEvent, EpochEvent, ProbeEvent, StartEvent } from '../../../../src/train/events.ts'

export const finding = (more: Partial<SanityFinding>): SanityFinding => ({
  check: 'inputs',
  verdict: 'warning',
  expected: 'this',
  got: 'that',
  words: 'Do so.',
  evidence: {},
  ...more,
})

export const check = (...findings: readonly SanityFinding[]): CheckEvent => ({
  type: 'check',
  sanity: sanityReport(findings),
})

/** What a vote of neighbours reached. */
export const level = (evidence: Readonly<Record<string, number>>) =>
  finding({ check: 'neighbours', verdict: 'pass', evidence: { baselineError: 0.01, rows: 1000, ...evidence } })

/** The loss of guessing, as the check of the loss tells it. */
export const chance = (loss: number) => finding({ check: 'loss', verdict: 'pass', evidence: { chance: loss } })

export function start(
  more: Partial<Omit<StartEvent, 'data'>> & { readonly data?: Partial<StartEvent['data']> } = {},
): StartEvent {
  return {
    type: 'start',
    seed: 0,
    parameters: [{ name: 'dense1.weight', shape: [20, 10] }],
    loss: 'softmaxCrossEntropy',
    update: 'sgd',
    epochs: 10,
    batchSize: 100,
    hyper: {},
    engine: 'native',
    form: 'nodes',
    threads: 1,
    ...more,
    data: {
      name: 'numbers',
      task: 'classification',
      training: 1000,
      validation: 500,
      featureShape: [20],
      classes: ['a', 'b', 'c', 'd'],
      ...more.data,
    },
  }
}

/** Both parts after one epoch: losses and accuracies. */
export interface Both {
  readonly training: number
  readonly validation: number
  readonly right?: readonly [training: number, validation: number]
}

/** One step an epoch told by one loss, then both parts as the net is used. Deviations of the examples' losses are the losses themselves. */
export function epochs(points: readonly Both[], steps = 10): RunEvent[] {
  return points.flatMap(({ training, validation, right }, i): RunEvent[] => {
    const step = (i + 1) * steps
    const probe: ProbeEvent = {
      type: 'probe',
      probe: 'evaluated',
      step,
      epoch: i + 1,
      values: {
        'evaluated/training/loss': training,
        'evaluated/validation/loss': validation,
        ...(right && { 'evaluated/training/accuracy': right[0], 'evaluated/validation/accuracy': right[1] }),
      },
    }
    const epoch: EpochEvent = {
      type: 'epoch',
      epoch: i + 1,
      step,
      training: { loss: training, examples: 1000, ...(right && { accuracy: right[0] }) },
      validation: { loss: validation, examples: 500, ...(right && { accuracy: right[1] }) },
      penalty: 0,
    }
    return [
      { type: 'steps', first: i * steps, epoch: i, losses: new Array<number>(steps).fill(training) },
      probe,
      epoch,
    ]
  })
}

export const end = (outcome: EndEvent['outcome'] = { reason: 'finished' }): EndEvent => ({
  type: 'end',
  outcome,
  epoch: 10,
  step: 100,
})

/** @param quantiles of which the sixth is the median */
export const distribution = (mean: number, deviation: number, median: number, count = 256): Distribution => ({
  count,
  nonFinite: 0,
  mean,
  deviation,
  min: 0,
  max: 10,
  quantiles: [0, 0, 0, 0, 0, median, 5, 5, 5, 5, 10],
  histogram: { edges: [0, 10], counts: [count] },
})

/** What one rule says. @returns undefined where it is silent, or finds it too early */
export function judged(code: FindingCode, ...events: readonly RunEvent[]): Judgement | undefined {
  const run = new History()
  for (const event of events) run.take(event)
  const found = rules[code].judge(run)
  if (found === undefined || 'tooEarly' in found) return undefined
  return [found].flat()[0]
}
