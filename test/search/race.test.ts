/** @file A race: same start, same order, the same budget for all; who is ahead, and whether that can be told. */
import { describe, expect, test } from 'vitest'
import { meanInterval } from '../../src/base/statistics.ts'
import { dense, sequential, tanh } from '../../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../../src/nn/loss.ts'
import * as optim from '../../src/optim/optim.ts'
import { race } from '../../src/search/race.ts'
import { runTraining } from '../../src/train/loop.ts'
import { makePlan } from '../../src/train/plan.ts'
import { blobs } from '../train/nets.ts'
import { engine } from '../train/steps.ts'

const plan = makePlan({
  model: sequential(dense(8), tanh(), dense(3)),
  loss: softmaxCrossEntropy(),
  update: optim.sgd({ learningRate: 1 }),
  training: blobs(120, 6, 3),
  validation: blobs(60, 6, 3, 2),
  epochs: 6,
  batchSize: 20,
  seed: 5,
})
const crawling = optim.weightDecay(optim.sgd({ learningRate: 0.1 }), { decay: 0.9, by: 'schedule' })

describe('a race of three', async () => {
  const begun: string[] = []
  const starts = new Map<string, number>()
  const told: number[] = []
  const report = await race(
    plan,
    [
      { name: 'decayed to nothing', update: crawling },
      { name: 'momentum', update: optim.momentum({ learningRate: 0.1 }) },
      { name: 'the same', update: optim.momentum({ learningRate: 0.7 }) },
    ],
    engine,
    {
      seeds: 3,
      onProgress: ({ done, of }) => void told.push(done / of),
      train: async (own, { contestant, seed }) => {
        begun.push(`${contestant} ${seed}`)
        const result = await runTraining(own, engine)
        starts.set(`${contestant} ${seed}`, result.epochs[0].validation?.loss as number)
        return result
      },
    },
  )

  test('every rule runs every seed, from the same start', () => {
    expect(begun.slice(0, 4)).toEqual([
      'decayed to nothing 5',
      'decayed to nothing 6',
      'decayed to nothing 7',
      'momentum 5',
    ])
    expect(starts.get('momentum 5')).toBe(starts.get('decayed to nothing 5'))
    expect(starts.get('momentum 6')).toBe(starts.get('decayed to nothing 6'))
    expect(starts.get('momentum 6')).not.toBe(starts.get('momentum 5'))
  })
  test('each had the same number of trials', () =>
    expect(report.results.map(({ tried }) => tried.length)).toEqual([7, 7, 7]))
  test('the last is the one that must be, behind beyond doubt', () => {
    const last = report.results[2]
    expect(last.name).toBe('decayed to nothing')
    expect(last.behind?.interval[0]).toBeGreaterThan(0)
  })
  test('one rule twice cannot be told apart, whatever its own rate was', () => {
    expect(report.words).toMatch(
      /^(momentum|the same) is ahead; (momentum|the same) cannot be told from it by 3 seeds\.$/,
    )
    const [first, second] = report.results
    expect(second.loss.mean).toBe(first.loss.mean)
  })
  test('progress from 0 to nearly 1, and milestones by gradient evaluations', () => {
    expect(told[0]).toBe(0)
    expect(told.at(-1)).toBeCloseTo(29 / 30, 10)
    expect(report.results[0].runs[0].milestones.map(({ evaluations }) => evaluations)).toEqual([
      0, 6, 12, 18, 24, 30, 36,
    ])
  })
})

test('refuses one rule alone, and two of one name', async () => {
  const momentum = { name: 'momentum', update: optim.momentum({ learningRate: 1 }) }
  await expect(race(plan, [momentum], engine)).rejects.toThrow('a race of 1, expected two rules or more')
  await expect(race(plan, [momentum, momentum], engine)).rejects.toThrow("'momentum' races twice")
})

test('a mean with its interval: 1, 2, 3, 4, 5: s = √2.5, t = 2.776 (Student 1908)', () => {
  const { mean, interval } = meanInterval([1, 2, 3, 4, 5])
  expect(mean).toBe(3)
  expect(interval[1]).toBeCloseTo(3 + 2.776 * Math.sqrt(0.5), 3)
  expect(meanInterval([2]).interval).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
})
