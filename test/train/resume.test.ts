/** @file A run that was stopped and resumed is the run that was never stopped, bit for bit. */
import { describe, expect, test } from 'vitest'
import { schedule } from '../../src/optim/index.ts'
import * as optim from '../../src/optim/optim.ts'
import { readCheckpoint } from '../../src/train/checkpoint.ts'
import { cosine, norms } from '../../src/train/probes/index.ts'
import { bitsOf, fullPlan, lossesOf, run } from './runs.ts'

describe.each(['wasm', 'nodes'] as const)('%s', (form) => {
  test('taking checkpoints changes nothing', async () => {
    const plan = fullPlan()
    const [without, every] = [await run(plan, { form, checkpoints: undefined }), await run(plan, { form })]
    expect(without.taken).toEqual([])
    expect(every.taken.length).toBeGreaterThan(5)
    expect(bitsOf(every)).toEqual(bitsOf(without))
  })

  test('from every call’s end: parameters, buffers, epochs and losses', async () => {
    const whole = await run(fullPlan(), { form })
    const losses = lossesOf(whole.events)
    expect(losses.size).toBe(24)
    // 'wasm' takes one step a call; 'nodes' takes the 7 whole batches in one, and the last.
    const steps = new Set(whole.taken.map(({ step }) => step))
    expect([...steps].filter((step) => step > 0)).toEqual(
      form === 'wasm' ? Array.from({ length: 24 }, (_, i) => i + 1) : [7, 8, 15, 16, 23, 24],
    )
    for (const { bytes, step } of whole.taken) {
      const resumed = await run(fullPlan(), { resume: bytes })
      expect(bitsOf(resumed)).toEqual(bitsOf(whole))
      expect(lossesOf(resumed.events)).toEqual(new Map([...losses].filter(([at]) => at >= step)))
      expect(resumed.events.find(({ type }) => type === 'resume')).toEqual({
        type: 'resume',
        step,
        epoch: Math.floor(step / 8) + ((step % 8) * 8) / 59,
        warnings: [],
      })
      expect(resumed.start.form).toBe(form) // nobody said so: the checkpoint did
    }
  })

  test('interrupted again and again', async () => {
    const whole = await run(fullPlan({ epochs: 2 }), { form })
    const losses = new Map<number, number>()
    let resume: Uint8Array | undefined
    for (let stops = 0; ; stops++) {
      const stop = new AbortController()
      const part = await run(fullPlan({ epochs: 2 }), {
        form,
        resume,
        signal: stop.signal,
        onEvent: (event) => event.type === 'steps' && stop.abort(),
      })
      for (const [step, loss] of lossesOf(part.events)) losses.set(step, loss)
      if (part.outcome.reason === 'interrupted') {
        resume = part.taken.at(-1)?.bytes
        continue
      }
      expect(stops).toBeGreaterThan(1)
      expect(bitsOf(part)).toEqual(bitsOf(whole))
      expect(losses).toEqual(lossesOf(whole.events))
      return
    }
  })
})

test('more epochs: a finished run goes on as if it had been longer from the start', async () => {
  const [short, long] = [await run(fullPlan({ epochs: 2 })), await run(fullPlan({ epochs: 4 }))]
  const resume = short.taken.at(-1)?.bytes
  expect(bitsOf(await run(fullPlan({ epochs: 4 }), { resume }))).toEqual(bitsOf(long))
  const nothing = await run(fullPlan({ epochs: 2 }), { resume })
  expect(bitsOf(nothing)).toEqual(bitsOf(short))
  expect(nothing.taken).toEqual([]) // nothing has changed
})

test.each(['wasm', 'nodes'] as const)('%s: what probes measure, between any two steps too', async (form) => {
  // Norms at every third step; the cosine of two updates at the step after, for which the first of them has to be kept.
  const cadence = { everySteps: 3 }
  const plan = () => fullPlan({ epochs: 2, probes: [norms({ cadence }), cosine({ cadence })] })
  const measured = ({ events }: Awaited<ReturnType<typeof run>>, from: number) =>
    events.flatMap((event) => (event.type === 'probe' && event.step >= from ? [[event.step, event.values]] : []))
  const whole = await run(plan(), { form })
  expect(measured(whole, 0).length).toBeGreaterThan(8)
  for (const { bytes, step } of whole.taken) {
    const resumed = await run(plan(), { resume: bytes })
    expect(bitsOf(resumed)).toEqual(bitsOf(whole))
    expect(measured(resumed, step)).toEqual(measured(whole, step))
  }
})

test('seconds go on', async () => {
  let now = 0
  const clock = () => (now += 1000)
  const first = await run(fullPlan({ epochs: 1 }), { now: clock })
  const resume = first.taken.at(-1)?.bytes as Uint8Array
  const { seconds } = readCheckpoint(resume)
  now = 5e9 // another process, another start of the clock
  const second = await run(fullPlan({ epochs: 2 }), { now: clock, resume })
  const [, , before, after] = [0, ...second.epochs.map((epoch) => epoch.seconds as number)]
  expect(before).toBe(first.epochs[1].seconds)
  expect(after).toBeGreaterThan(seconds)
  expect(after).toBeLessThan(seconds + 200)
})

test.each(['wasm', 'nodes'] as const)('a rate by plateau, rules by group and a clipped norm, %s', async (form) => {
  // No progress is good enough for this threshold: the rate falls after every second epoch.
  const learningRate = schedule.plateau({ from: 0.1, factor: 0.5, patience: 1, threshold: 0.99 })
  const update = optim.clipNorm(
    optim.groups({ '*.bias': optim.sgd({ learningRate }), others: optim.adam({ learningRate }) }),
    { norm: 0.5 },
  )
  const plan = () => fullPlan({ update, epochs: 6 })
  const whole = await run(plan(), { form })
  // The first is progress; then two without, and two.
  expect(whole.epochs.slice(1).map((epoch) => epoch.learningRate)).toEqual([0.1, 0.1, 0.1, 0.05, 0.05, 0.025])
  for (const { bytes } of whole.taken) expect(bitsOf(await run(plan(), { resume: bytes }))).toEqual(bitsOf(whole))
})
