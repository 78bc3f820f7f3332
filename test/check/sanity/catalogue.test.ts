/** @file The sanity checks are silent where all is well, and find what is wrong, and only that. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { SanityReport } from '../../../src/check/sanity/report.ts'
import { sanityChecks } from '../../../src/check/sanity/sanity.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { nativeEngine } from '../../../src/engine/native.ts'
import { type Config, planFromConfig } from '../../../src/train/config.ts'
import { common, right } from './right.ts'
import { wrong } from './wrong.ts'

let engine: Engine
beforeAll(async () => {
  engine = await nativeEngine({ threads: 1 })
})

async function report(setup: Omit<Config, keyof typeof common> & Partial<Config>): Promise<SanityReport> {
  return sanityChecks(await planFromConfig({ ...common, ...setup }), engine)
}

/** What is to be acted on, each as `verdict check code`. */
const spoken = ({ findings }: SanityReport) =>
  findings
    .filter(({ verdict }) => verdict === 'fail' || verdict === 'warning')
    .map(({ verdict, check, code }) => [verdict, check, code].filter(Boolean).join(' '))

describe('silent where all is well', () => {
  test('there are enough', () => expect(Object.keys(right).length).toBeGreaterThanOrEqual(20))
  test.each(Object.entries(right))('%s', async (_, setup) => {
    const found = await report(setup())
    expect(spoken(found)).toEqual([])
    expect(found.verdict).toBe('pass')
  })
})

describe('speaks where something is wrong', () => {
  test('there are enough', () => expect(Object.keys(wrong).length).toBeGreaterThanOrEqual(20))
  test.each(Object.entries(wrong))('%s', async (_, { expected, setup }) => {
    const found = await report(setup())
    expect(spoken(found)).toEqual([expected])
    expect(found.verdict).toBe(expected.split(' ')[0])
  })
})
