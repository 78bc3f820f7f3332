/** @file A training with what stands around it: the check before, findings on the way, and neither changes what is trained. */
import { describe, expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { sanityCheckNames } from '../../src/check/sanity/report.ts'
import { dataset } from '../../src/data/dataset.ts'
import type { CheckEvent, RunEvent, ToldEvent } from '../../src/diagnose/events.ts'
import type { DiagnosisRule } from '../../src/diagnose/rule.ts'
import { type Trained, train, type WatchedOptions, watchedTraining } from '../../src/diagnose/train.ts'
import type { Engine } from '../../src/engine/engine.ts'
import * as op from '../../src/graph/op.ts'
import { dense, functional, sequential } from '../../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../../src/nn/loss.ts'
import { sgd } from '../../src/optim/sgd.ts'
import type { TrainingPlan } from '../../src/train/plan.ts'
import { blobs } from '../train/nets.ts'
import { bitsOf, fullPlan, run } from '../train/runs.ts'
import { engine } from '../train/steps.ts'

/** Speaks from one step on, up to another. */
const between = (from: number, to = Number.POSITIVE_INFINITY): DiagnosisRule => ({
  code: 'unstable',
  basis: ['run'],
  statistic: 'the step',
  threshold: 'given',
  source: 'the test',
  judge: ({ step }) =>
    step >= from && step < to
      ? {
          severity: 'warning',
          confidence: 1,
          words: `Step ${step}.`,
          evidence: { step },
          advice: 'None.',
          basis: 'run',
        }
      : undefined,
})

async function watched(plan: TrainingPlan, options: WatchedOptions = {}) {
  const events: ToldEvent[] = []
  const result = await watchedTraining(plan, engine, { ...options, onEvent: (event) => events.push(event) })
  return { ...result, events, kinds: events.map(({ type }) => type) }
}

const checkOf = (events: readonly ToldEvent[]) => events.find(({ type }) => type === 'check') as CheckEvent | undefined

describe('the trials', () => {
  test('are told after the start, and in the result; without them not a bit is another', async () => {
    const plain = await watched(fullPlan())
    expect(plain.experiments).toBeUndefined()
    const { kinds, experiments, ...result } = await watched(fullPlan(), { experiments: true })
    const at = kinds.indexOf('experiment')
    expect(kinds.slice(0, 3)).toEqual(['check', 'start', 'data'])
    expect(kinds.lastIndexOf('experiment')).toBeLessThan(kinds.indexOf('epoch'))
    expect(at).toBeGreaterThan(2)
    expect(experiments?.map(({ experiment }) => experiment)).toEqual(['rates', 'shuffled-targets', 'repeated-batch'])
    expect(bitsOf(result)).toEqual(bitsOf(plain))
  })

  test('not of a run that goes on; those that were made are told as they are', async () => {
    const { taken } = await run(fullPlan())
    expect((await watched(fullPlan(), { resume: taken[1].bytes, experiments: true })).kinds).not.toContain('experiment')
    const made = { type: 'experiment', experiment: 'rates', step: 0, epoch: 0, values: { steps: 1 } } as const
    expect((await watched(fullPlan(), { experiments: [made] })).experiments).toEqual([made])
  })

  test('what keeps them from being made is told, and the training goes on', async () => {
    let sessions = 0
    const refusing: Engine = {
      ...engine,
      compile(...given: Parameters<Engine['compile']>) {
        sessions += 1
        if (sessions === 1) throw new Error('no room')
        return engine.compile(...given)
      },
    } as Engine
    const events: ToldEvent[] = []
    const result = await watchedTraining(fullPlan(), refusing, {
      check: false,
      experiments: true,
      onEvent: (event) => events.push(event),
    })
    expect(result.outcome.reason).toBe('finished')
    expect(events.find(({ type }) => type === 'experiment')).toMatchObject({
      values: {},
      words: expect.stringMatching(/^The trials before the training were not finished: .*no room/),
    })
  })
})

describe('the check', () => {
  test('comes first, and is all but what is slow', async () => {
    const { events, kinds } = await watched(fullPlan())
    expect(kinds.slice(0, 2)).toEqual(['check', 'start'])
    const made = new Set(checkOf(events)?.sanity?.findings.map(({ check }) => check))
    expect([...made]).toEqual(sanityCheckNames.filter((name) => name !== 'overfit'))
  })

  test('not where it is not wanted, nor of a run that goes on; one that was made is told as it is', async () => {
    expect((await watched(fullPlan(), { check: false })).kinds[0]).toBe('start')
    const { taken } = await run(fullPlan())
    expect((await watched(fullPlan(), { resume: taken[1].bytes })).kinds.slice(0, 2)).toEqual(['start', 'resume'])
    const check: CheckEvent = { type: 'check', verdict: 'pass', words: 'All well.', points: [] }
    expect((await watched(fullPlan(), { check })).events[0]).toBe(check)
  })

  test('on a device without float64 the data only', async () => {
    const elsewhere: Engine = {
      ...engine,
      provider: 'cuda',
      compile: (graph, options) => engine.compile(graph, options),
    }
    const events: ToldEvent[] = []
    const plan = fullPlan({ epochs: 1 })
    await watchedTraining(plan, elsewhere, { form: 'wasm', onEvent: (event) => events.push(event) })
    const made = new Set(checkOf(events)?.sanity?.findings.map(({ check }) => check))
    expect(made.has('inputs')).toBe(true)
    expect(made.has('loss')).toBe(false)
    const whole: ToldEvent[] = []
    await watchedTraining(plan, elsewhere, { form: 'wasm', checkEngine: engine, onEvent: (event) => whole.push(event) })
    expect(checkOf(whole)?.sanity?.findings.some(({ check }) => check === 'loss')).toBe(true)
  })

  test('one that fails, or is stopped, does not end the training', async () => {
    let compiled = 0
    const first: Engine = {
      ...engine,
      compile: (graph, options) => {
        if (compiled++ === 0) throw new Error('no room')
        return engine.compile(graph, options)
      },
    }
    const events: ToldEvent[] = []
    const result = await watchedTraining(fullPlan(), engine, {
      checkEngine: first,
      onEvent: (event) => events.push(event),
    })
    expect(events[0]).toEqual({ type: 'check', words: 'The checks before the training were not finished: no room' })
    expect(result.outcome.reason).toBe('finished')
    const stopped = await watched(fullPlan(), { signal: AbortSignal.abort(new Error('enough')) })
    expect([stopped.kinds[0], stopped.outcome.reason]).toEqual(['start', 'interrupted'])
  })
})

describe('the diagnosis', () => {
  test('a finding is told when it is sure, and at the end it is in the result', async () => {
    const rules = [between(0)]
    const { events, findings, verdict, kinds } = await watched(fullPlan(), { rules, check: false })
    // Two looks: at the start, and from step 10 on.
    const at = kinds.indexOf('finding')
    expect(events[at]).toMatchObject({ finding: { code: 'unstable', at: { epoch: 0, step: 0 } } })
    expect(kinds.filter((type) => type === 'finding')).toEqual(['finding'])
    expect(findings).toMatchObject([{ code: 'unstable', severity: 'warning', words: 'Step 24.' }])
    expect(verdict).toEqual({ state: 'warning', words: 'Step 24. None.' })
  })

  test('one that goes away is cleared', async () => {
    const plan = fullPlan({ epochs: 12 })
    const { events, findings, kinds } = await watched(plan, { rules: [between(0, 30)], check: false })
    expect(kinds.filter((type) => type.startsWith('finding'))).toEqual(['finding', 'finding-cleared'])
    expect(events.find(({ type }) => type === 'finding-cleared')).toMatchObject({ code: 'unstable' })
    expect(findings).toEqual([])
  })

  test('a wrong rule ends the diagnosis, not the training', async () => {
    const wrong: DiagnosisRule = {
      ...between(0),
      judge: () => {
        throw new Error('nothing there')
      },
    }
    const { outcome, verdict, findings } = await watched(fullPlan(), { rules: [wrong], check: false })
    expect(outcome.reason).toBe('finished')
    expect(findings).toEqual([])
    expect(verdict.words).toMatch(/^The diagnosis was given up: nothing there\./)
  })

  test('a run that goes on knows how it began, and its end before is none', async () => {
    const whole = await watched(fullPlan())
    const { taken } = await run(fullPlan())
    const { bytes, step } = taken[2]
    const before = whole.events.filter(
      (event) => event.type === 'check' || event.type === 'start' || (event.type === 'epoch' && event.step <= step),
    ) as RunEvent[]
    const seen: boolean[] = []
    const rule: DiagnosisRule = {
      ...between(0),
      judge: ({ check, epochs, ended }) => {
        seen.push(check !== undefined && epochs[0]?.epoch === 0 && !ended)
        return undefined
      },
    }
    const end = { type: 'end', outcome: { reason: 'interrupted' }, epoch: 1, step } as const
    const resumed = await watched(fullPlan(), { resume: bytes, before: [...before, end], rules: [rule] })
    expect(resumed.kinds.slice(0, 2)).toEqual(['start', 'resume'])
    // The first looks are at the beginning, of which no measurement is told yet; the last ones are at the end.
    expect(seen.filter(Boolean).length).toBeGreaterThan(1)
  })
})

test.each(['wasm', 'nodes'] as const)('%s: the same bits as without', async (form) => {
  const bare = await run(fullPlan(), { form })
  expect(bitsOf(await watched(fullPlan(), { form }))).toEqual(bitsOf(bare))
})

test('train: a configuration in; a net that cannot tell its classes apart is found out', async () => {
  const rows = 300
  const inputs = tensor('float32', [rows, 4], blobs(rows, 4, 3).inputs.data)
  const targets = tensor(
    'int32',
    [rows],
    new Int32Array(rows).map((_, i) => i % 3),
  )
  const data = dataset({ name: 'own', inputs, targets, task: 'classification', classes: ['a', 'b', 'c'] })
  const events: ToldEvent[] = []
  const result: Trained = await train(
    {
      data,
      model: () =>
        sequential(
          dense(3),
          functional('softmax', (x) => op.softmax(x)),
        ),
      loss: softmaxCrossEntropy(),
      update: () => sgd({ learningRate: 0.1 }),
      epochs: 2,
      batchSize: 50,
    },
    { engine, onEvent: (event) => events.push(event) },
  )
  expect(events[0].type).toBe('check')
  expect(result.start.graph?.output).toBe('Softmax')
  expect(result.model().length).toBeGreaterThan(100)
  expect(result.verdict.words).not.toBe('')
})
