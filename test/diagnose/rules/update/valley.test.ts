/** @file Rules of the learning rate and of the update on runs down a parabola: each speaks on its fault and is silent on the same without it. */
import { describe, expect, test } from 'vitest'
import { History } from '../../../../src/diagnose/history.ts'
import { doubling } from '../../../../src/diagnose/statistics/doubling.ts'
import { kendall } from '../../../../src/diagnose/statistics/numbers.ts'
import { chance, check, end, judged, start } from '../data/runs.ts'
import { descend, down, heavyBall, spread, type Valley } from './valley.ts'

/** Along one curvature λ a rate r leaves (1 − rλ)² of the loss in each step, and the excess of every step is rλ/2. */
const plain = (rate: number, steps: number, more: Partial<Valley> = {}) =>
  down({ curvatures: [1, 1, 1], steps, rule: descend(rate), hyper: { learningRate: rate }, ...more })

describe('lr-too-low', () => {
  test('a rate of 0.001 is 0.1/(0.001/2) = 200 times below one that goes a fifth of the way to the bottom', () => {
    const found = judged('lr-too-low', ...plain(0.001, 200))
    expect(found).toMatchObject({ severity: 'warning', suggestion: { what: 'learningRate', instead: 0.001 } })
    expect(found?.evidence.timesHigher).toBeCloseTo(200, 6)
    expect(found?.evidence.excess).toBeCloseTo(0.0005, 9)
  })
  test('silent of a rate that goes a fifth of the way, and of a low one that has arrived', () => {
    expect(judged('lr-too-low', ...plain(0.2, 200))).toBeUndefined()
    expect(judged('lr-too-low', ...plain(0.01, 2000))).toBeUndefined()
  })
})

describe('train-longer', () => {
  test('speaks amidst the fall', () => {
    const found = judged('train-longer', ...plain(0.025, 30))
    expect(found).toMatchObject({ severity: 'warning', suggestion: { what: 'epochs', value: 6, instead: 3 } })
    // 0.975^60 of the loss is left.
    expect(found?.evidence.left).toBeCloseTo(0.975 ** 60, 9)
  })
  test('silent where hardly anything is left', () =>
    expect(judged('train-longer', ...plain(0.025, 150))).toBeUndefined())

  const followed = (lossAt: (share: number) => number) => {
    const run = new History()
    run.take(start({ loss: 'ownLoss', epochs: 16 }))
    run.take(check(chance(100)))
    for (let epoch = 0; epoch <= 16; epoch++) {
      const loss = epoch === 0 ? 100 : lossAt(epoch / 16)
      const at = { step: 10 * epoch, epoch }
      if (epoch > 0)
        run.take({ type: 'steps', first: 10 * (epoch - 1), epoch: epoch - 1, losses: new Array(10).fill(loss) })
      run.take({ type: 'probe', probe: 'evaluated', ...at, values: { 'evaluated/training/loss': loss } })
    }
    run.take({ ...end(), step: 160 })
    return run.derive(doubling)
  }
  test('of c + a·t^−b the next doubling brings 2^−b of the last: with 10 + 20·t^−½ from 100, (20·√2 − 20)/√2 of it', () =>
    expect(followed((t) => 10 + 20 / Math.sqrt(t))?.next).toBeCloseTo((20 * Math.SQRT2 - 20) / Math.SQRT2 / 100, 9))
  test('never more than 60% of what is left', () => {
    const found = followed((t) => 10 - 9 * t)
    expect(found?.left).toBeCloseTo(0.01, 9)
    expect(found?.next).toBeCloseTo(0.006, 9)
  })
})

describe('schedule-too-fast', () => {
  const planned = (share: (done: number) => number) => {
    const steps = 400
    const learningRates = Array.from({ length: 81 }, (_, i) => ({ epoch: i / 2, rate: 0.02 * share(i / 80) }))
    return plain(0.02, steps, {
      rule: (gradient, step) => gradient.map((g) => -0.02 * share(step / steps) * g),
      start: { learningRates },
    })
  }
  test('a rate that is gone after a twentieth of the run', () =>
    expect(judged('schedule-too-fast', ...planned((done) => Math.exp(-100 * done)))).toMatchObject({
      severity: 'warning',
    }))
  test('1/(1 + 60t), which never falls below a hundredth: from half of the run on 1/31 of the rate and below', () =>
    expect(judged('schedule-too-fast', ...planned((done) => 1 / (1 + 60 * done)))?.evidence.later).toBeCloseTo(
      0.02 / 31,
      9,
    ))
  test('silent of half a cosine', () =>
    expect(judged('schedule-too-fast', ...planned((done) => 0.5 + 0.5 * Math.cos(Math.PI * done)))).toBeUndefined())
})

describe('clipping-too-tight', () => {
  const clipped = (limit: number, hyper: Readonly<Record<string, number>>) =>
    down({
      curvatures: spread(20, 0.3, 3),
      steps: 100,
      rule: (gradient) => gradient.map((g) => -0.1 * Math.max(-limit, Math.min(limit, g))),
      hyper: { learningRate: 0.1, ...hyper },
    })
  test('a threshold that the rule names', () =>
    expect(judged('clipping-too-tight', ...clipped(0.001, { limit: 0.001 }))?.evidence).toMatchObject({
      threshold: 0.001,
      share: 1,
    }))
  test('one that it does not name, where gradients vary', () => {
    // Gradients of a batch twice as large, and again as small, in turn: what is cut does not show it.
    const found = judged(
      'clipping-too-tight',
      ...clipped(0.001, {}).map((event) =>
        event.type === 'probe' && event.probe === 'norms' && event.step % 2 === 0
          ? {
              ...event,
              values: Object.fromEntries(
                Object.entries(event.values).map(([name, x]) => [name, name.includes(':gradient') ? 2 * x : x]),
              ),
            }
          : event,
      ),
    )
    expect(found?.evidence.threshold).toBeCloseTo(0.001, 9)
  })
  test('silent of a limit that nothing reaches', () =>
    expect(judged('clipping-too-tight', ...clipped(10, { limit: 10 }))).toBeUndefined())
})

describe('gradient-accumulated', () => {
  const curvatures = spread(30, 0.05, 5)
  const by = (rule: Valley['rule'], hyper = { learningRate: 0.005 }, steps = 300) =>
    down({ curvatures, steps, rule, hyper })
  test('a sum of all gradients swings for ever', () =>
    expect(judged('gradient-accumulated', ...by(heavyBall(0.005, 1)))).toMatchObject({ severity: 'error' }))
  test('a sum that begins anew in each epoch has steps that are their gradient’s alone', () => {
    const found = judged('gradient-accumulated', ...by(heavyBall(0.02, 1, 25), { learningRate: 0.02 }))
    expect(found?.evidence.begins).toBeGreaterThan(0)
  })
  test('silent of gradient descent and of a velocity that forgets', () => {
    expect(judged('gradient-accumulated', ...by(descend(0.05), { learningRate: 0.05 }))).toBeUndefined()
    const declared = { learningRate: 0.005, mu: 0.9 }
    expect(judged('gradient-accumulated', ...by(heavyBall(0.005, 0.9), declared))).toBeUndefined()
    expect(judged('gradient-accumulated', ...by(heavyBall(0.005, 0.9)))).toBeUndefined()
  })
})

describe('momentum-too-high', () => {
  const with_ = (mu: number, rate: number) =>
    down({
      curvatures: spread(10, 0.5, 2),
      steps: 200,
      rule: heavyBall(rate, mu),
      hyper: { learningRate: rate, mu },
    })
  test('0.999 in a run of 200 steps', () =>
    expect(judged('momentum-too-high', ...with_(0.999, 0.005))).toMatchObject({
      suggestion: { what: 'momentum', value: 0.9, instead: 0.999 },
    }))
  test('silent of 0.9', () => expect(judged('momentum-too-high', ...with_(0.9, 0.02))).toBeUndefined())
})

describe('lr-too-high, unstable, wrong-sign', () => {
  test('a rate of 2.2/λ goes out of bounds: 1.2² times the loss in each step, an excess of 1.1', () => {
    const found = judged('lr-too-high', ...plain(2.2, 60))
    expect(found).toMatchObject({ severity: 'error', suggestion: { what: 'learningRate', instead: 2.2 } })
    expect(found?.evidence.excess).toBeCloseTo(1.1, 9)
  })
  test('silent of 0.2/λ', () => expect(judged('lr-too-high', ...plain(0.2, 60))).toBeUndefined())
  test('not finite out of small losses and small steps is no rate’s doing', () => {
    const events = plain(0.02, 60).slice(0, -1)
    const broken = [
      ...events,
      { type: 'steps' as const, first: 60, epoch: 6, losses: [Number.NaN] },
      { ...end({ reason: 'diverged', message: 'the loss is NaN at step 60' } as never), step: 61 },
    ]
    expect(judged('lr-too-high', ...broken)).toBeUndefined()
    expect(judged('diverged', ...broken)).toMatchObject({ severity: 'error' })
  })
  test('a run that had arrived and is thrown out again and again is unstable', () => {
    const thrown = plain(0.2, 200, {
      rule: (gradient, step) => gradient.map((g) => -0.2 * g + ([108, 138, 168].includes(step) ? 1 : 0)),
    })
    expect(judged('unstable', ...thrown)).toMatchObject({ severity: 'warning' })
    expect(judged('lr-too-high', ...thrown)).toBeUndefined()
    expect(judged('unstable', ...plain(0.2, 200))).toBeUndefined()
  })
  test('a first step straight up is a wrong sign, whatever comes after', () => {
    expect(judged('wrong-sign', ...plain(-3, 5))).toMatchObject({ severity: 'error' })
    expect(judged('wrong-sign', ...plain(3, 5))).toBeUndefined()
  })
})

describe('loss-rises', () => {
  const logged = (lossAt: (i: number) => number, count = 60) =>
    Array.from({ length: count }, (_, i) => ({ type: 'log' as const, step: i, values: { loss: lossAt(i) } }))
  /** Of mean 0, so that windows differ by chance. */
  const noise = (i: number) => 0.1 * Math.sin(37 * i * i)
  test('slowly, through the noise of batches', () =>
    expect(judged('loss-rises', ...logged((i) => 3 + 0.01 * i + noise(i)))).toMatchObject({ severity: 'error' }))
  test('silent of one that falls, of one that stands, and of one that fell before', () => {
    expect(judged('loss-rises', ...logged((i) => 3 - 0.01 * i + noise(i)))).toBeUndefined()
    expect(judged('loss-rises', ...logged((i) => 3 + noise(i)))).toBeUndefined()
    expect(judged('loss-rises', ...logged((i) => 3 - 0.1 * Math.min(i, 20) + 0.02 * i + noise(i)))).toBeUndefined()
  })
  test("Kendall's τ: of 1 3 2 4 five pairs of six rise", () => expect(kendall([1, 3, 2, 4])).toBeCloseTo(4 / 6, 12))
})
