/** @file When a live finding is told and when it clears: looks at steps 10, 15, 23, 35, 53, … (each half as much again), by a rule that is right at will. */
import { expect, test } from 'vitest'
import { Diagnosis } from '../../src/diagnose/diagnosis.ts'
import type { FindingEvent } from '../../src/diagnose/events.ts'
import type { Judgement } from '../../src/diagnose/finding.ts'
import type { DiagnosisRule } from '../../src/diagnose/rule.ts'

/** The rule's finding while `speaks` says so. @returns what was told, with the step at which it was */
function told(speaks: (step: number) => boolean, change: Partial<Judgement> = {}, steps = 100) {
  const rule: DiagnosisRule = {
    code: 'unstable',
    basis: ['run'],
    statistic: '',
    threshold: '',
    source: '',
    judge: ({ step }) =>
      speaks(step)
        ? { severity: 'warning', confidence: 0.9, words: '', evidence: {}, advice: '', basis: 'run', ...change }
        : undefined,
  }
  const diagnosis = new Diagnosis([rule])
  const found: [step: number, type: FindingEvent['type']][] = []
  for (let step = 0; step < steps; step++)
    for (const { type } of diagnosis.take({ type: 'log', step, values: { loss: 1 } })) found.push([step + 1, type])
  return found
}

test('a warning of the run is told at the second look that sees it, once', () => {
  expect(told(() => true)).toEqual([[15, 'finding']])
})

test('one that a single look sees is not told', () => {
  expect(told((step) => step >= 15 && step < 20)).toEqual([])
})

test('it clears at the second look that misses it', () => {
  expect(told((step) => step < 20)).toEqual([
    [15, 'finding'],
    [35, 'finding-cleared'],
  ])
})

test.each<Partial<Judgement>>([{ severity: 'error' }, { basis: 'data' }, { basis: 'graph' }])(
  'what is sure is told at the first look: %j',
  (change) => {
    expect(told(() => true, change)).toEqual([[10, 'finding']])
  },
)

test('what is below half as sure as not is kept to oneself', () => {
  expect(told(() => true, { confidence: 0.49 })).toEqual([])
  expect(told(() => true, { confidence: 0.5 })).toEqual([[15, 'finding']])
})
