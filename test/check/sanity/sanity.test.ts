/** @file The sanity checks as a whole: what they name, that they can be stopped, that the same seed gives the same report. */
import { beforeAll, describe, expect, test } from 'vitest'
import { type SanityFinding, sanityCheckNames } from '../../../src/check/sanity/report.ts'
import { type SanityOptions, sanityChecks } from '../../../src/check/sanity/sanity.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { nativeEngine } from '../../../src/engine/native.ts'
import { type Config, planFromConfig } from '../../../src/train/config.ts'
import { common, right } from './right.ts'
import { wrong } from './wrong.ts'

let engine: Engine
beforeAll(async () => {
  engine = await nativeEngine({ threads: 1 })
})

async function findingOf(setup: Omit<Config, keyof typeof common>, check: string, options: SanityOptions = {}) {
  const { findings } = await sanityChecks(await planFromConfig({ ...common, ...setup }), engine, options)
  return findings.find((finding) => finding.check === check)
}

describe('what mixes the batch is named', () => {
  test.each([
    ['a softmax over the batch', 'made in attention1 (Softmax)'],
    ['a reshape that moves the batch', 'made in turn1 (Reshape)'],
    ['the mean over the batch taken off', 'made in centre1 (Sub)'],
    ['a loss that mixes the batch', 'made in the loss (Softmax)'],
  ])('%s: %s', async (name, place) => {
    expect((await findingOf(wrong[name].setup(), 'dependency'))?.got).toContain(place)
  })
  test('batch normalisation may, in training, and is said to', async () => {
    const found = await findingOf(right['digits, convolution, batch normalisation, pooling'](), 'dependency')
    expect([found?.verdict, found?.got]).toEqual([
      'pass',
      "in training, through the batch's statistics in batchNorm1; otherwise none of 42 pairs does",
    ])
  })
})

describe('numbers of the loss at chance', () => {
  test('ten classes: ln 10 for equal scores, and ln 10 + v/2·(1 − 1/10) or less for scores of the variance v', async () => {
    const found = await findingOf(right['digits, one hidden layer, l2'](), 'loss')
    const { equalScores, expected, chance, scoresDeviation } = (found as SanityFinding).evidence
    expect(equalScores).toBeCloseTo(Math.log(10), 12)
    expect(chance).toBeLessThanOrEqual(Math.log(10))
    expect(chance).toBeGreaterThan(2.28)
    // Second order in the scores; the fourth makes it smaller.
    const secondOrder = Math.log(10) + (scoresDeviation ** 2 / 2) * 0.9
    expect(expected).toBeLessThan(secondOrder)
    expect(expected).toBeGreaterThan(secondOrder - 0.25)
  })
  test('squared error: the variance of the targets plus that of the output', async () => {
    const setup = { ...right['a plane, linear regression'](), standardise: false as const }
    const found = await findingOf(setup, 'loss')
    const { chance, expected, scoresDeviation } = (found as SanityFinding).evidence
    expect(expected / (chance + scoresDeviation ** 2)).toBeGreaterThan(0.9)
    expect(expected / (chance + scoresDeviation ** 2)).toBeLessThan(1.1)
  })
  test('a factor is named', async () => {
    const words = async (name: string) => (await findingOf(wrong[name].setup(), 'loss'))?.words
    expect(await words('a logarithm to the base 2')).toContain(
      '1.44 times what it should be: a logarithm to the base 2',
    )
    expect(await words('a sum over the outputs')).toContain('3 times what it should be: a sum over the outputs')
    expect(await words('divided by the batch size')).toContain('divided by the batch size once more')
  })
})

test('the same seed gives the same report, another one other samples', async () => {
  const plan = await planFromConfig({ ...common, ...right['two clouds, one score, binary cross-entropy']() })
  const [first, again] = [await sanityChecks(plan, engine, { seed: 3 }), await sanityChecks(plan, engine, { seed: 3 })]
  expect(again).toEqual(first)
  expect(await sanityChecks(plan, engine, { seed: 4 })).not.toEqual(first)
})

test('every check is told of as it begins, and has a finding', async () => {
  const told: string[] = []
  const plan = await planFromConfig({ ...common, ...right['a plane, linear regression']() })
  const { findings } = await sanityChecks(plan, engine, { onProgress: (check) => told.push(check) })
  expect(told).toEqual(sanityCheckNames)
  expect(new Set(findings.map(({ check }) => check))).toEqual(new Set(sanityCheckNames))
})

test('some of the checks, in the order of all', async () => {
  const plan = await planFromConfig({ ...common, ...right['a plane, linear regression']() })
  const told: string[] = []
  const { findings } = await sanityChecks(plan, engine, {
    checks: ['loss', 'inputs'],
    onProgress: (check) => told.push(check),
  })
  expect(told).toEqual(['inputs', 'loss'])
  expect(new Set(findings.map(({ check }) => check))).toEqual(new Set(told))
})

test.each(['inputs', 'loss', 'overfit'])('stopped before or in the check of %s', async (at) => {
  const plan = await planFromConfig({ ...common, ...right['digits, softmax regression']() })
  const stop = new AbortController()
  const onProgress = (check: string) => {
    if (check === at) stop.abort(new Error('stopped'))
  }
  await expect(sanityChecks(plan, engine, { onProgress, signal: stop.signal })).rejects.toThrow('stopped')
})

test('bad usage', async () => {
  const plan = await planFromConfig({ ...common, ...right['a plane, linear regression']() })
  await expect(sanityChecks(plan, engine, { sead: 1 } as SanityOptions)).rejects.toThrow("has no option 'sead'")
  await expect(sanityChecks(plan, engine, { seed: 0.5 })).rejects.toThrow('seed is 0.5')
  const odd = { checks: ['inputz'] } as unknown as SanityOptions
  await expect(sanityChecks(plan, engine, odd)).rejects.toThrow('sanityChecks has no check "inputz"')
})
