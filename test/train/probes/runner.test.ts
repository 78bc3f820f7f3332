/** @file When probes measure, what their own get, and what is refused. */
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../../src/base/tensor.ts'
import { forwardGraph } from '../../../src/train/graphs.ts'
import { cosine, curvature, norms, objective, standard, time, units } from '../../../src/train/probes/index.ts'
import {
  checkProbes,
  isDue,
  isDueAfter,
  leadsUpTo,
  measuresAt,
  often,
  type Probe,
  type ProbeContext,
  seldom,
} from '../../../src/train/probes/probe.ts'
import { ProbeRunner } from '../../../src/train/probes/runner.ts'
import { initialState } from '../../../src/train/state.ts'
import type { StepForm } from '../../../src/train/stepper.ts'
import { engine } from '../steps.ts'
import { mixedPlan, probe } from './nets.ts'
import { slowPlan } from './slow.ts'

/** Steps at which something is due, in some epochs of so many batches. */
function dueSteps(cadence: Probe['cadence'], batches: number, epochs: number): number[] {
  const steps = Array.from({ length: batches * epochs }, (_, step) => step)
  return steps.filter((step) =>
    isDue(cadence, { epoch: Math.floor(step / batches), batch: step % batches, step }, batches),
  )
}

describe('cadence', () => {
  test('at least so often an epoch, at equal distances', () => {
    expect(dueSteps({ perEpoch: 4 }, 10, 2)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
    expect(dueSteps({ perEpoch: 1 }, 10, 2)).toEqual([0, 10])
    expect(dueSteps({ perEpoch: 20 }, 500, 1)).toHaveLength(20)
    expect(dueSteps({ perEpoch: 20 }, 7, 1)).toHaveLength(7)
  })
  test('from the 1000th step on so many steps apart, where epochs are short', () => {
    const short = dueSteps({ perEpoch: 4, apart: 30 }, 10, 110)
    expect(short.slice(0, 3)).toEqual([0, 2, 4])
    expect(short.filter((step) => step >= 990)).toEqual([990, 992, 994, 996, 998, 1020, 1050, 1080])
    expect(dueSteps({ perEpoch: 4, apart: 30 }, 200, 6)).toEqual(dueSteps({ perEpoch: 4 }, 200, 6))
    expect(dueSteps(often, 500, 3)).toEqual(dueSteps({ perEpoch: 20 }, 500, 3))
    expect(dueSteps(seldom, 500, 3)).toEqual(dueSteps({ perEpoch: 4 }, 500, 3))
  })
  test('every so many steps, over the ends of epochs', () =>
    expect(dueSteps({ everySteps: 4 }, 6, 2)).toEqual([0, 4, 8]))
  test('at the ends of epochs, from the 1000th step on so many steps apart; after the last in any case', () => {
    const due = (cadence: Probe['cadence'], batches: number, epochs: number) =>
      Array.from({ length: epochs + 1 }, (_, epoch) => epoch).filter((epoch) =>
        isDueAfter(cadence, epoch, batches, epochs),
      )
    expect(due({ everyEpochs: 2 }, 10, 7)).toEqual([0, 2, 4, 6, 7])
    const short = due({ everyEpochs: 1, apart: 250 }, 100, 20)
    expect(short).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 18, 20])
    expect(due({ everyEpochs: 2, apart: 250 }, 300, 9)).toEqual([0, 2, 4, 6, 8, 9])
    expect(due({ perEpoch: 1 }, 10, 7)).toEqual([])
  })
  test('between steps at none', () => expect(dueSteps({ everyEpochs: 1 }, 6, 2)).toEqual([]))

  test('what compares two steps measures at the step after', () => {
    const probe = cosine({ cadence: { perEpoch: 1 } })
    const at = (epoch: number, batch: number) => ({ epoch, batch, step: 3 * epoch + batch })
    expect([leadsUpTo(probe, at(1, 0), 3), measuresAt(probe, at(1, 0), 3), measuresAt(probe, at(1, 1), 3)]).toEqual([
      true,
      false,
      true,
    ])
    // The last batch of an epoch leads up to the next epoch's first.
    const each = cosine({ cadence: { everySteps: 5 } })
    expect([leadsUpTo(each, at(1, 2), 3), measuresAt(each, at(2, 0), 3)]).toEqual([true, true])
    expect(measuresAt(cosine({ cadence: { everySteps: 1 } }), at(0, 0), 3)).toBe(false)
  })

  test('steps between two watched ones run together, in powers of two', () => {
    const plan = slowPlan()
    const state = initialState(forwardGraph(plan.net, 2), plan.update, 1, 2, true)
    const probes = [norms({ cadence: { everySteps: 50 } })]
    const runner = new ProbeRunner({ plan, probes, engine, state, batches: 1000 })
    const calls: number[] = []
    for (let step = 0; step < 100; step += calls[calls.length - 1])
      calls.push(runner.stepsBefore({ epoch: 0, batch: step, step }, 50))
    expect(calls).toEqual([1, 32, 16, 1, 1, 32, 16, 1])
  })
})

test('between steps: before the first, after every second epoch, and after the last', async () => {
  const { probed } = await probe(slowPlan({ epochs: 5 }), [units({ cadence: { everyEpochs: 2 } })])
  expect(probed.map(({ epoch, step }) => [epoch, step])).toEqual([0, 2, 4, 5].map((epoch) => [epoch, 8 * epoch]))
})

test('an event stands where the step stood, behind those of the steps before', async () => {
  const { events, probed } = await probe(slowPlan(), [norms({ cadence: { everySteps: 3 } })])
  expect(probed.map(({ epoch, step }) => [epoch, step])).toEqual([0, 3, 6, 9, 12, 15].map((step) => [step / 8, step]))
  const kinds = events.map(({ type }) => type)
  expect([kinds[0], kinds[1], kinds[kinds.length - 1]]).toEqual(['start', 'epoch', 'end'])
})

test('time: only with a clock, and all that passed', async () => {
  expect((await probe(slowPlan(), [time()])).probed).toEqual([])
  let now = 0
  const { probed } = await probe(slowPlan(), [time()], { now: () => now++ })
  expect(probed.map(({ epoch }) => epoch)).toEqual([1, 2])
  for (const { values } of probed) {
    const { examplesPerSecond, ...seconds } = values
    expect(Object.keys(seconds)).toEqual(
      ['filling', 'step', 'probes', 'measuring', 'others'].map((n) => `seconds/${n}`),
    )
    expect(Object.values(seconds).every((value) => value >= 0)).toBe(true)
    const training = Object.values(seconds).reduce((sum, value) => sum + value) - seconds['seconds/measuring']
    expect(examplesPerSecond).toBeCloseTo(64 / training, 6)
  }
})

describe('a probe of one’s own', () => {
  const own = (measure: Probe['measure'], cadence: Probe['cadence'] = { everySteps: 8 }): Probe => ({
    name: 'own',
    cadence,
    measure,
  })

  test.each<StepForm>(['wasm', 'nodes'])('%s: weights plus updates are the weights of the next step', async (form) => {
    const seen: { before: number[]; after: number[] }[] = []
    const keep = ({ weights, updates }: ProbeContext) => {
      const [before, added] = [weights().map((w) => [...w]), updates()]
      const after = before.map((w, k) => w.map((x, i) => x + added[k][i]))
      seen.push({ before: before.flat(), after: after.flat() })
      return undefined
    }
    await probe(slowPlan(), [own(keep, { everySteps: 1 })], { form })
    for (let i = 1; i < seen.length; i++)
      seen[i].before.forEach((x, at) => expect(x).toBeCloseTo(seen[i - 1].after[at], 6))
  })

  test.each<StepForm>(['wasm', 'nodes'])('%s: runs a graph on the parameters from before the step', async (form) => {
    const outputs: Tensor[] = []
    let loss = 0
    const measure = async ({ run, batch, net }: ProbeContext) => {
      const { inputs, size } = batch()
      const feeds = { input: { dtype: 'float32' as const, shape: [size, 6], data: inputs } }
      const { output } = await run('own', () => forwardGraph(net, size).graph, feeds)
      outputs.push({ ...output, data: output.data.slice() as Float32Array })
      loss = batch().loss
      return { values: { first: Number(output.data[0]) } }
    }
    const { probed } = await probe(slowPlan({ epochs: 1 }), [own(measure)], { form })
    expect(probed).toHaveLength(1)
    // Zero biases and the drawn weights: what the untrained net gives, in both forms.
    expect([outputs[0].shape, probed[0].values.first]).toEqual([[8, 3], outputs[0].data[0]])
    expect(loss).toBeGreaterThan(0)
  })

  test('what it tells becomes an event; nothing where it tells nothing', async () => {
    const { probed } = await probe(slowPlan(), [own(({ step }) => (step === 0 ? undefined : { values: { step } }))])
    expect(probed).toEqual([{ type: 'probe', probe: 'own', step: 8, epoch: 1, values: { step: 8 } }])
  })

  test.each<[string, (context: ProbeContext) => unknown]>([
    ['the updates', ({ updates }) => updates()],
    ['the gradients', ({ gradients }) => gradients()],
    ['the layers', ({ layers }) => layers()],
    ['the batch', ({ batch }) => batch()],
    ['the updates', ({ sums }) => sums('updates')],
  ])('between steps there are not %s', async (what, ask) => {
    const measure = async (context: ProbeContext) => {
      await ask(context)
      return undefined
    }
    const running = probe(slowPlan(), [own(measure, { everyEpochs: 1 })])
    const error = await running.catch((thrown: unknown) => thrown)
    expect(String(error)).toContain(`the probe 'own': between steps it asks for ${what}, which belong to a step`)
  })

  test('what it throws is told with its name', async () => {
    const measure = () => {
      throw new TypeError('x is undefined')
    }
    const error = await probe(slowPlan(), [own(measure)]).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'usage',
      message: "the probe 'own': x is undefined",
      cause: expect.any(TypeError),
    })
  })
})

describe('refused', () => {
  test.each<[unknown, RegExp]>([
    [true, /probes is true, expected a list/],
    [[norms], /a probe is a function, expected \{ name, cadence, measure \}/],
    [[{ name: 'x', cadence: { everySteps: 1 } }], /a probe is an object/],
    [[norms(), norms()], /two probes are named 'norms'/],
    [[norms({ cadence: { everyStep: 3 } as never })], /cadence of the probe 'norms'.*did you mean 'everySteps'/s],
    [[norms({ cadence: { perEpoch: 0 } })], /perEpoch is 0, expected a whole number from 1/],
    [[norms({ cadence: { perEpoch: 1, everySteps: 2 } as never })], /expected one of/],
    [[norms({ cadence: { perEpoch: 4, apart: 0 } })], /apart is 0, expected a whole number from 1/],
    [[norms({ cadence: { everySteps: 4, apart: 2 } as never })], /expected one of/],
    [[units({ cadence: { everyEpochs: 1, apart: 1.5 } })], /apart is 1.5, expected a whole number from 1/],
    [[norms({ cadence: 5 as never })], /is 5, expected one of/],
  ])('%o', (probes, message) => {
    const error = (() => {
      try {
        checkProbes(probes)
        return undefined
      } catch (thrown) {
        return thrown as { message: string; hint?: string }
      }
    })()
    expect(`${error?.message} ${error?.hint}`).toMatch(message)
  })

  test('options that do not exist, or are out of range', () => {
    expect(() => norms({ cadenc: 1 } as never)).toThrow(/no option 'cadenc'/)
    expect(() => units({ rows: 'some' as never })).toThrow(/rows is 'some'/)
    expect(() => units({ beyond: 1 })).toThrow(/beyond/)
    expect(() => curvature({ iterations: 0 })).toThrow(/iterations/)
  })

  test('the standard probes pass, and a plan with others does not come about', () => {
    expect(() => checkProbes(standard())).not.toThrow()
    expect(() => mixedPlan({ probes: [objective(), objective()] })).toThrow(/two probes/)
  })
})
