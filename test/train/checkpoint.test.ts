/** @file Checkpoints as bytes: whole or refused, and of this run or refused. */
import { beforeAll, describe, expect, test } from 'vitest'
import { RappelError } from '../../src/base/errors.ts'
import { noise } from '../../src/data/augment.ts'
import { augmented } from '../../src/data/augmented.ts'
import { dense, dropout, relu, sequential } from '../../src/nn/layers.ts'
import { batchNorm } from '../../src/nn/normalisation.ts'
import { l2 } from '../../src/nn/penalty.ts'
import { adam } from '../../src/optim/adam.ts'
import { exponential } from '../../src/optim/schedule.ts'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../src/train/checkpoint.ts'
import type { PlanParts } from '../../src/train/plan.ts'
import { blobs } from './nets.ts'
import { fullPlan, run } from './runs.ts'

let bytes: Uint8Array
let kept: Checkpoint
beforeAll(async () => {
  bytes = (await run(fullPlan({ epochs: 1 }))).taken.at(-1)?.bytes as Uint8Array
  kept = readCheckpoint(bytes)
})

function failure(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof RappelError) return `${error.code}: ${error.message} → ${error.hint}`
    throw error
  }
  throw new Error('nothing was refused')
}

test('what is read is what was written, whatever the numbers', () => {
  expect(kept.now.progress).toMatchObject({ step: 8, epoch: 1, batch: 0, rateFactor: 1 })
  expect(Object.keys(kept.now.regions)).toEqual(['state/x', 'state/m', 'state/v', 'buffers/now'])
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 0.1 + 0.2]
  const strange: Checkpoint = {
    ...kept,
    now: {
      progress: { ...kept.now.progress, epochEvents: odd.length },
      regions: { 'state/x': Float32Array.from([...odd, 1]), 'state/Ω': new Float32Array(0) },
    },
    epochs: odd.map((penalty, epoch) => ({ type: 'epoch', epoch, step: 0, penalty })),
    bestRegions: { 'state/x': Float32Array.of(7) },
    back: kept.now,
  }
  const written = writeCheckpoint(strange)
  expect(readCheckpoint(written)).toEqual(strange)
  const moved = new Uint8Array(written.length + 1) // as a part of a larger buffer, on no boundary
  moved.set(written, 1)
  expect(readCheckpoint(moved.subarray(1))).toEqual(strange)
})

test('every single changed byte and every cut is found', () => {
  const small = writeCheckpoint({ ...kept, now: { ...kept.now, regions: { 'state/x': Float32Array.of(1, 2, 3) } } })
  for (let i = 16; i < small.length; i++) {
    const other = small.slice()
    other[i] ^= 0x10
    expect(failure(() => readCheckpoint(other))).toMatch(/^store: the checkpoint is damaged: its bytes do not fit/)
  }
  for (const length of [8, 15, 31, 32, 100, small.length - 1])
    expect(failure(() => readCheckpoint(small.subarray(0, length)))).toMatch(/^store: the checkpoint is damaged: /)
})

test('what is none, and what is too new', () => {
  expect(failure(() => readCheckpoint(new TextEncoder().encode('a text, or an ONNX file')))).toBe(
    'store: this is no checkpoint of Rappel → give a file from the folder of a run',
  )
  expect(failure(() => readCheckpoint(new Uint8Array(0)))).toMatch(/no checkpoint of Rappel/)
  const newer = bytes.slice()
  newer[8] = 2
  expect(failure(() => readCheckpoint(newer))).toBe(
    'store: the checkpoint has format 2, this version of Rappel reads up to 1 → go on with the version that wrote it, or a newer one',
  )
})

describe('another run is refused, and it is said what differs', () => {
  const net = (units: number, rate: number) => sequential(dense(units), batchNorm(), relu(), dropout(rate), dense(3))
  const cases: [string, Partial<PlanParts>, RegExp][] = [
    ['a parameter', { model: net(9, 0.3) }, /^the parameters cannot differ .* dense1\.weight float32\[6,9\]/],
    ['a setting of a layer', { model: net(8, 0.4) }, /^the layers' settings cannot differ .* digest [\da-f]{16} here/],
    [
      'the penalty',
      { penalty: l2(2e-3) },
      /^the penalty or constraint cannot differ .*: l2\(0\.002\) here, l2\(0\.001\) there/,
    ],
    [
      'the rule',
      { update: adam({ learningRate: exponential({ from: 0.03, decay: 0.3 }) }) },
      /^the update rule .*\(0\.03 .*\(0\.02 /,
    ],
    ['the data', { training: augmented(blobs(59, 6, 3, 9), noise(0.2), 1) }, /^the data cannot differ/],
    ['the augmentation', { training: augmented(blobs(59, 6, 3), noise(0.3), 1) }, /^the data .* noise\(0\.3\)/],
    ['the validation data', { validation: blobs(21, 6, 3, 2) }, /^the data .* 21 rows .* 20 rows/],
    ['the batch size', { batchSize: 9 }, /^seed and batch size .* batches of 9 here, seed 1, batches of 8 there/],
    ['the seed', { seed: 2 }, /^seed and batch size .*: seed 2, /],
  ]
  test.each(cases)('%s', async (_name, parts, message) => {
    await expect(run(fullPlan({ epochs: 2, ...parts }), { resume: bytes })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message) as string,
      hint: 'resume with the configuration and the data of that run, or start a new one',
    })
  })
})

test('another engine or machine goes on, with a warning', async () => {
  const { conditions } = kept
  const resume = writeCheckpoint({
    ...kept,
    conditions: { ...conditions, engine: 'onnxruntime-node 9.9.9, cpu', machine: 'an abacus' },
  })
  const { events, outcome } = await run(fullPlan({ epochs: 2 }), { resume, machine: 'a slide rule' })
  expect(events.find(({ type }) => type === 'resume')).toMatchObject({
    warnings: [
      `the engine was onnxruntime-node 9.9.9, cpu and is ${conditions.engine}: the same bits cannot be promised`,
      'the machine was an abacus and is a slide rule: the same bits cannot be promised',
    ],
  })
  expect(outcome.reason).toBe('finished')
})
