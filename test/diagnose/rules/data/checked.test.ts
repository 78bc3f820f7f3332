/** @file What the checks before learning found becomes a finding of the diagnosis, and nothing else does. */
import { describe, expect, test } from 'vitest'
import type { FindingCode } from '../../../../src/diagnose/finding.ts'
import { History } from '../../../../src/diagnose/history.ts'
import { rules } from '../../../../src/diagnose/rules/index.ts'
import { check, end, epochs, finding, judged, start } from './runs.ts'

const codes: readonly FindingCode[] = [
  'inputs-not-normalised',
  'feature-scale',
  'constant-feature',
  'nan-in-inputs',
  'targets-not-scaled',
  'labels-wrong',
  'label-noise',
  'no-signal',
  'class-imbalance',
  'train-validation-leak',
  'validation-preprocessing',
  'train-validation-mismatch',
]

describe.each(codes)('%s', (code) => {
  test('a failed check is an error', () =>
    expect(judged(code, check(finding({ code, verdict: 'fail' })))).toMatchObject({
      severity: 'error',
      basis: 'data',
      words: 'That. Expected: this.',
      ...(code !== 'feature-scale' && { advice: 'Do so.' }),
    }))
  test('a warning is one', () => {
    const severity = code === 'nan-in-inputs' ? 'error' : 'warning'
    expect(judged(code, check(finding({ code })))).toMatchObject({ severity, basis: 'data' })
  })
  test('silent of other codes, and where nothing was checked', () => {
    expect(judged(code, check(finding({ code: 'penalty' })), start(), end())).toBeUndefined()
    expect(judged(code)).toBeUndefined()
  })
})

test('what is true and harmless is information', () =>
  expect(judged('constant-feature', check(finding({ code: 'constant-feature', verdict: 'pass' })))?.severity).toBe(
    'info',
  ))

test('the worst of several findings speaks', () => {
  const found = judged(
    'labels-wrong',
    check(
      finding({ code: 'labels-wrong', check: 'targets' }),
      finding({ code: 'labels-wrong', check: 'neighbours', verdict: 'fail', got: 'worse' }),
    ),
  )
  expect(found).toMatchObject({ severity: 'error', words: 'Worse. Expected: this.' })
})

describe('numbers to put in', () => {
  test('inputs of root mean square 128 are multiplied by 1/128', () => {
    const of = (evidence: Record<string, number>) =>
      judged('inputs-not-normalised', check(finding({ code: 'inputs-not-normalised', evidence })))?.suggestion
    expect(of({ rootMeanSquare: 128, meanInDeviations: 1 })).toEqual({ what: 'inputScale', value: 0.0078, instead: 1 })
    // A factor does not bring means of 37 deviations to 0.
    expect(of({ rootMeanSquare: 300, meanInDeviations: 37 })).toEqual({ what: 'standardise', value: 'feature' })
  })
  test('features of different sizes are standardised each for itself', () =>
    expect(judged('feature-scale', check(finding({ code: 'feature-scale' })))?.suggestion).toEqual({
      what: 'standardise',
      value: 'feature',
    }))
  test('targets from 229 to 231 of deviation 0.5: 230 off, then doubled', () => {
    const evidence = { rootMeanSquare: 230, deviation: 0.5, least: 229, greatest: 231 }
    const targets = finding({ check: 'targets', code: 'targets-not-scaled', evidence })
    expect(judged('targets-not-scaled', check(targets))?.suggestion).toEqual({
      what: 'targetScale',
      value: 2,
      offset: 230,
      instead: 1,
    })
  })
  test('targets of root mean square 200,000 are multiplied by 1/200,000', () => {
    const targets = finding({ check: 'targets', code: 'targets-not-scaled', evidence: { rootMeanSquare: 2e5 } })
    expect(judged('targets-not-scaled', check(targets))?.suggestion).toEqual({
      what: 'targetScale',
      value: 5e-6,
      instead: 1,
    })
  })
})

test('nan-in-inputs: a run that diverged at its inputs says so without any check', () => {
  const outcome = (first: string) => ({ reason: 'diverged' as const, message: '', hint: '', first })
  expect(judged('nan-in-inputs', start(), end(outcome('input')))).toMatchObject({ severity: 'error', where: 'input' })
  expect(judged('nan-in-inputs', start(), end(outcome('target')))?.where).toBe('target')
  expect(judged('nan-in-inputs', start(), end(outcome('dense1.weight')))).toBeUndefined()
})

describe('class-imbalance', () => {
  // 20 of 1000: saying no is wrong in 2%.
  const rare = check(
    finding({ check: 'targets', code: 'class-imbalance', evidence: { ratio: 49, share: 0.98, most: 980, least: 20 } }),
  )
  const runs = (accuracy: number) =>
    epochs(new Array(4).fill({ training: 0.05, validation: 0.05, right: [accuracy, accuracy] }))
  test('before anything is known, and where the rare ones are missed', () => {
    expect(judged('class-imbalance', rare)?.severity).toBe('warning')
    expect(judged('class-imbalance', rare, start(), ...runs(0.981))?.severity).toBe('warning')
  })
  test('information where they are answered: wrong in 0.4% of all, a fifth of their share', () =>
    expect(judged('class-imbalance', rare, start(), ...runs(0.996))?.severity).toBe('info'))
})

test('every rule of the group is silent and whole on an empty run, on one step, on NaN', () => {
  const run = new History()
  for (const rule of Object.values(rules)) expect(rule.judge(run) ?? {}).not.toHaveProperty('severity')
  run.take({ type: 'log', step: 0, values: { loss: Number.NaN } })
  for (const code of codes) expect(rules[code].judge(run)).toBeUndefined()
})
