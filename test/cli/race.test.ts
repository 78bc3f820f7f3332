/** @file `rappel race` and `rappel train --find-rate`, as a new user types them. */
import { afterAll, describe, expect, test } from 'vitest'
import type { RaceReport } from '../../src/search/race.ts'
import type { RateTest } from '../../src/train/find-rate.ts'
import { configText, Installation, Project } from './installation.ts'

const installation = new Installation()
const project = new Project({ 'rappel.config.ts': configText({ epochs: '3' }) })
afterAll(() => {
  installation.remove()
  project.remove()
})
const rappel = (...args: string[]) => installation.run(args, { cwd: project.folder })

describe('train --find-rate', () => {
  test('a curve, a rate and why; nothing is recorded', async () => {
    const { status, stdout, stderr } = await rappel('train', '--find-rate')
    expect([status, stderr]).toEqual([0, 'trying learning rates, from low to high\n'])
    expect(stdout).toMatch(/try learningRate: [\d.e-]+\n$/)
    const { stdout: runs } = await rappel('runs', '--json')
    expect(JSON.parse(runs)).toMatchObject({ runs: [] })
  })
  test('as JSON, the same again', async () => {
    const [one, two] = [await rappel('train', '--find-rate', '--json'), await rappel('train', '--find-rate', '--json')]
    expect(one.stdout).toBe(two.stdout)
    const found = JSON.parse(one.stdout) as RateTest & { schema: number }
    expect(found.schema).toBe(1)
    expect(found.rates).toHaveLength(found.losses.length)
    expect(found.suggestion).toBeLessThan(found.lowestAt)
  })
  test.each([['--resume', 'last'], ['--no-check'], ['--probe']])('what cannot stand with it: %s', async (...words) => {
    const { status, stderr } = await rappel('train', '--find-rate', ...words)
    expect([status, stderr]).toEqual([
      2,
      `rappel: ${words[0]} cannot stand with --find-rate: nothing is kept or recorded\n  leave out ${words[0]}\n`,
    ])
  })
})

describe('race', () => {
  test('two rules, two seeds: a table, who is ahead, and four runs in the record', async () => {
    const { status, stdout } = await rappel('race', '--rules', 'own,adam', '--seeds', '2')
    expect(status).toBe(0)
    expect(stdout).toMatch(/(own|adam) is ahead/)
    expect(stdout).toMatch(/validation loss \(95%\)/)
    const { runs } = JSON.parse((await rappel('runs', '--json')).stdout) as { runs: { kind: string; name: string }[] }
    expect(runs.map(({ kind }) => kind)).toEqual(['race', 'race', 'race', 'race'])
    expect(runs.map(({ name }) => name.split(', ')[1])).toEqual(['own', 'own', 'adam', 'adam'])
  })
  test('as JSON', async () => {
    const { stdout } = await rappel('race', '--rules', 'sgd,momentum', '--seeds', '1', '--json')
    const report = JSON.parse(stdout) as RaceReport & { schema: number; runs: string[] }
    expect(report.results.map(({ name }) => name).sort()).toEqual(['momentum', 'sgd'])
    expect(report.runs).toHaveLength(2)
    expect(report.words).toContain('with one seed')
  })
  test.each([
    [['--rules', 'own,sdg'], "--rules names 'sdg', which is no rule\n  did you mean 'sgd'?"],
    [['--seeds', '0'], '--seeds is 0, expected a whole number from 1 up'],
    [['--rules', 'adam'], 'a race of 1, expected two rules or more'],
    [['--rules', 'adam,adam'], "'adam' races twice"],
  ])('%s', async (args, message) => {
    const { status, stdout, stderr } = await rappel('race', ...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`rappel: ${message}`)
    expect(stderr).not.toMatch(/ at .*:\d+:\d+/)
  })
})
