/** @file The adapter of tfjs against the real library: values, memory, right and planted gradients. */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { tfjsObjective, tfjsVariablesObjective } from '../../../src/check/adapters/tfjs.ts'
import { gradientCheck } from '../../../src/check/gradient-check.ts'
import { expectNet, verdicts } from './expect-net.ts'
import { byHand, inputs, point, rows, shapes, targets, values } from './net.ts'
import { tf } from './tfjs-gradients.ts'

const x = tf.tensor2d(inputs, [rows, 3])
const t = tf.tensor2d(targets, [rows, 2])

type Net = { readonly [layer in 'hidden' | 'output']: { readonly w: Tensor; readonly b: Tensor } }

const loss = ({ hidden, output }: Net, tanh: (z: Tensor) => Tensor = tf.tanh): Scalar => {
  const h = tanh(tf.add(tf.matMul(x, hidden.w as Tensor<never>), hidden.b))
  const y = tf.add(tf.matMul(h as Tensor<never>, output.w as Tensor<never>), output.b)
  return tf.mean(tf.square(tf.sub(y, t)))
}

let before = 0
beforeEach(() => {
  before = tf.memory().numTensors
})

describe('tfjsObjective', () => {
  it('gives loss and gradient of a net, in its form, and keeps no tensors', async () => {
    const objective = tfjsObjective(tf, (net) => loss(net), shapes)
    const expected = byHand(values)
    const found = await objective.lossAndGradient?.(point())
    expect(await objective.loss(point())).toBeCloseTo(expected.loss, 6)
    expect(found?.loss).toBeCloseTo(expected.loss, 6)
    expectNet(found?.gradient, expected.gradient)
    expectNet(await objective.gradient(point()), expected.gradient)
    expect(objective.shapes).toEqual({ 'hidden.w': [3, 4], 'hidden.b': [4], 'output.w': [4, 2], 'output.b': [2] })
    expect(tf.memory().numTensors).toBe(before)
  })

  it('passes the check of a right net', async () => {
    const objective = tfjsObjective(tf, (net) => loss(net), shapes)
    const report = await gradientCheck(objective, point(), { shapes: objective.shapes })
    expect(report).toMatchObject({ verdict: 'pass', precision: 'float32' })
    expect(report.tensors.map(({ name }) => name)).toEqual(Object.keys(objective.shapes))
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('tfjsObjective, planted bugs', () => {
  it('fails a customGrad with a wrong gradient, and names what lies below it', async () => {
    const wrongTanh = tf.customGrad((z, save) => {
      const h = tf.tanh(z as Tensor)
      ;(save as (kept: Tensor[]) => void)([h])
      // 1 − h instead of 1 − h².
      return { value: h, gradFunc: (dy: Tensor, [kept]: Tensor[]) => tf.mul(dy, tf.sub(1, kept)) }
    })
    const objective = tfjsObjective(tf, (net) => loss(net, wrongTanh), shapes)
    const report = await gradientCheck(objective, point(), { shapes: objective.shapes })
    expect(report.verdict).toBe('fail')
    expect(verdicts(report)).toEqual({
      'hidden.w': 'fail',
      'hidden.b': 'fail',
      'output.w': 'pass',
      'output.b': 'pass',
    })
    expect(tf.memory().numTensors).toBe(before)
  })

  it('fails a parameter to which tfjs finds no way', async () => {
    const cut = tf.customGrad((...args) => {
      const [bias] = args as Tensor[]
      return { value: tf.clone(bias), gradFunc: (dy: Tensor) => tf.zerosLike(dy) }
    })
    const objective = tfjsObjective(
      tf,
      (net) => loss({ ...net, output: { w: net.output.w, b: cut(net.output.b) } }),
      shapes,
    )
    const report = await gradientCheck(objective, point())
    expect(verdicts(report)).toEqual({ 'hidden.w': 'pass', 'hidden.b': 'pass', 'output.w': 'pass', 'output.b': 'fail' })
  })

  it('has zeros for a parameter that the loss does not use', async () => {
    const objective = tfjsObjective(tf, ({ w }) => tf.sum<Scalar>(tf.square(w)), { w: [2], unused: [1] })
    const at = { w: Float32Array.of(1, 2), unused: Float32Array.of(3) }
    expect(await objective.gradient(at)).toEqual({ w: Float32Array.of(2, 4), unused: Float32Array.of(0) })
    expect((await gradientCheck(objective, at)).verdict).toBe('pass')
  })
})

describe('tfjsObjective, wrong use', () => {
  const sum = (w: Tensor): Tensor => tf.sum(tf.square(w))

  it('takes a single parameter too', async () => {
    const objective = tfjsObjective(tf, sum, [2])
    expect(objective.shapes).toEqual({ x: [2] })
    expect(await objective.gradient(Float32Array.of(1, 3))).toEqual(Float32Array.of(2, 6))
  })

  it('refuses points in float64: the check would take float32 noise for errors', async () => {
    const objective = tfjsObjective(tf, ({ w }) => sum(w), { w: [2] })
    const at = { w: Float64Array.of(1, 2) as unknown as Float32Array }
    await expect(gradientCheck(objective, at)).rejects.toThrow(
      "'w' is of the class Float64Array, expected Float32Array: tfjs computes in float32",
    )
  })

  it('says which shape does not fit', async () => {
    const objective = tfjsObjective(tf, ({ w }) => sum(w), { w: [2] })
    await expect(objective.loss({ w: Float32Array.of(1) })).rejects.toThrow("'w' holds 1 numbers, its shape is [2]")
    await expect(objective.loss({} as { w: Float32Array })).rejects.toThrow('the point holds no arrays')
    expect(() => tfjsObjective(tf, () => tf.scalar(0), { w: 3 as unknown as number[] })).toThrow(
      "the shape of 'w' is 3, expected whole numbers such as [3, 4]",
    )
  })

  it('refuses a loss of several numbers, and leaves no tensors after an error', async () => {
    const objective = tfjsObjective(tf, ({ w }) => tf.square(w), { w: [2] })
    const at = { w: Float32Array.of(1, 2) }
    await expect(objective.loss(at)).rejects.toThrow('the loss has the shape [2], expected a scalar')
    await expect(objective.gradient(at)).rejects.toThrow('must return a scalar, but it returned a rank-1')
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('tfjsVariablesObjective', () => {
  it('moves the variables of a model and puts them back, bit for bit', async () => {
    const w = tf.variable(tf.tensor1d([1, -2, 3]))
    const b = tf.variable(tf.tensor1d([0.5]))
    const held = tf.memory().numTensors
    const objective = tfjsVariablesObjective(tf, () => tf.sum(tf.square(tf.add(w, b))), { kernel: w, bias: b })
    const at = await objective.point()
    expect(at).toEqual({ kernel: Float32Array.of(1, -2, 3), bias: Float32Array.of(0.5) })
    // 2·(w + b), and its sum.
    expect(await objective.gradient(at)).toEqual({ kernel: Float32Array.of(3, -3, 7), bias: Float32Array.of(7) })
    expect(await objective.loss({ kernel: Float32Array.of(0, 0, 1), bias: Float32Array.of(1) })).toBe(6)
    expect((await gradientCheck(objective, at)).verdict).toBe('pass')
    expect([...w.dataSync(), ...b.dataSync()]).toEqual([1, -2, 3, 0.5])
    expect(tf.memory().numTensors).toBe(held)
  })

  it('puts them back when the loss throws', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]))
    const objective = tfjsVariablesObjective(tf, () => tf.square(w), { w })
    await expect(objective.loss({ w: Float32Array.of(5, 6) })).rejects.toThrow('expected a scalar')
    expect([...w.dataSync()]).toEqual([1, 2])
  })
})
