/** @file Initialisers: their variances by the papers' formulas. */
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { constant, glorot, he, type Initialiser, leCun, zeros } from '../../src/nn/init.ts'

const fans = { fanIn: 300, fanOut: 100 }
const n = fans.fanIn * fans.fanOut
const draw = (init: Initialiser) => init.draw([fans.fanIn, fans.fanOut], fans, new RandomStream(1, 'init/w'))

// Variances: He et al. 2015, eq. 10: 2/300. Glorot and Bengio 2010, eq. 16: 2/(300 + 100). LeCun et al. 1998, eq. 16: 1/300.
const cases: [string, Initialiser, number, 'normal' | 'uniform'][] = [
  ['he', he(), 2 / 300, 'normal'],
  ['he, uniform', he({ distribution: 'uniform' }), 2 / 300, 'uniform'],
  ['glorot', glorot(), 2 / 400, 'uniform'],
  ['glorot, normal', glorot({ distribution: 'normal' }), 2 / 400, 'normal'],
  ['leCun', leCun(), 1 / 300, 'normal'],
  ['leCun, uniform', leCun({ distribution: 'uniform' }), 1 / 300, 'uniform'],
]

describe.each(cases)('%s', (_, init, variance, distribution) => {
  const values = [...draw(init)]
  const moment = (k: number) => values.reduce((sum, value) => sum + (value / Math.sqrt(variance)) ** k, 0) / n
  // Fourth moments: 3 for the normal distribution, 9/5 for the uniform one.
  const fourth = distribution === 'normal' ? 3 : 9 / 5

  test('mean 0 and the variance of the formula, within 5 standard errors (2.9% or 4.1% of it)', () => {
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt((fourth - 1) / n))
  })
  test('the distribution: its fourth moment, and its bounds', () => {
    expect(Math.abs(moment(4) - fourth)).toBeLessThan(0.05 * fourth)
    const most = Math.max(...values.map(Math.abs))
    const bound = Math.sqrt(3 * variance)
    // For Glorot's uniform: √(6 / (fanIn + fanOut)), as in the paper.
    if (distribution === 'uniform') expect([most <= Math.fround(bound), most > 0.999 * bound]).toEqual([true, true])
    else expect(most).toBeGreaterThan(3.5 * Math.sqrt(variance))
  })
  test('the same stream gives the same; float32', () => {
    expect(draw(init)).toEqual(Float32Array.from(values))
  })
})

test('constants', () => {
  expect([...draw(constant(0.25))]).toEqual(new Array<number>(n).fill(0.25))
  expect([...draw(zeros())]).toEqual(new Array<number>(n).fill(0))
  expect([constant(0.25).name, zeros().name, he().name]).toEqual(['constant(0.25)', 'zeros', 'he'])
})
