/** @file The adapters with the real libraries: a right net passes, a planted mistake is found in the tensor where it lies. */
import * as jax from '@jax-js/jax'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
// For what it registers: in Node the gradients come with it alone.
import '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { RandomStream } from '../../../src/base/random.ts'
import {
  type Float32Point,
  gradientCheck,
  jaxObjective,
  onnxObjective,
  tfjsObjective,
} from '../../../src/check/index.ts'
import { nativeEngine } from '../../../src/engine/native.ts'
import { gradients } from '../../../src/graph/autodiff.ts'
import { Builder } from '../../../src/graph/graph.ts'
import * as op from '../../../src/graph/op.ts'
import { operators } from '../../../src/graph/ops/index.ts'

const shapes = { w1: [3, 4], b1: [4], w2: [4, 2] }
const stream = new RandomStream(3, 'adapters')
const draw = (length: number) => Float32Array.from({ length }, () => stream.normal())
const inputs = draw(6)
const at = (): Float32Point => ({ w1: draw(12), b1: draw(4), w2: draw(8) })
const failing = (report: Awaited<ReturnType<typeof gradientCheck>>) =>
  report.tensors.filter(({ verdict }) => verdict === 'fail').map(({ name }) => name)

describe('TensorFlow.js', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu')
  })
  const net =
    (hidden: (x: tf.Tensor) => tf.Tensor) =>
    ({ w1, b1, w2 }: Record<string, tf.Tensor>): tf.Tensor => {
      const x = tf.tensor(inputs, [2, 3])
      const scores = tf.matMul(
        hidden(tf.add(tf.matMul(x as tf.Tensor2D, w1 as tf.Tensor2D), b1)) as tf.Tensor2D,
        w2 as tf.Tensor2D,
      )
      return tf.mean(tf.square(scores))
    }
  // tanh with the derivative of the input instead of the output.
  const wrongTanh = tf.customGrad((...args) => {
    const [x, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    save([x])
    return {
      value: tf.tanh(x),
      gradFunc: (dy: tf.Tensor, [kept]: tf.Tensor[]) => tf.mul(dy, tf.sub(1, tf.square(kept))),
    }
  })

  test('a right net, and nothing is left in its memory', async () => {
    const before = tf.memory().numTensors
    const report = await gradientCheck(tfjsObjective(tf, net(tf.tanh), shapes), at())
    expect([report.verdict, report.words]).toEqual(['pass', expect.any(String)])
    expect(report.precision).toBe('float32')
    expect(tf.memory().numTensors).toBe(before)
  })
  test('a wrong custom gradient', async () => {
    const report = await gradientCheck(tfjsObjective(tf, net(wrongTanh), shapes), at())
    expect([report.verdict, failing(report)]).toEqual(['fail', ['w1', 'b1']])
  })
})

describe('jax-js', () => {
  const np = jax.numpy
  beforeAll(async () => {
    await jax.init()
    jax.defaultDevice('cpu')
  })
  const net = ({ w1, b1, w2 }: Record<string, jax.Array>): jax.Array => {
    const hidden = np.tanh(np.matmul(np.array(inputs).reshape([2, 3]), w1).add(b1))
    return np.mean(np.square(np.matmul(hidden, w2)))
  }
  test('a right net', async () => {
    const report = await gradientCheck(jaxObjective(jax as never, net, shapes), at())
    expect([report.verdict, report.words]).toEqual(['pass', expect.any(String)])
  })
  test('a gradient that is spoilt', async () => {
    const right = jaxObjective(jax as never, net, shapes)
    const spoilt = {
      loss: right.loss,
      gradient: async (x: Float32Point) => {
        const g = await right.gradient(x)
        return { ...g, b1: g.b1.map((value) => -value) }
      },
    }
    const report = await gradientCheck(spoilt, at())
    expect([report.verdict, failing(report)]).toEqual(['fail', ['b1']])
  })
})

describe('an ONNX graph with a loss and its gradients', () => {
  const build = (spoilt: boolean) => {
    const builder = new Builder(operators)
    const [w, x] = [builder.input('w', 'float32', [3, 2]), builder.input('x', 'float32', [2, 3])]
    const loss = op.reduceMean(op.square(op.tanh(op.matMul(x, w))))
    const [slope] = gradients(loss, [w])
    return builder.graph('step', { loss, 'gradient/w': spoilt ? op.mul(slope, 2) : slope })
  }
  const check = async (spoilt: boolean) => {
    const feeds = { x: { dtype: 'float32' as const, shape: [2, 3], data: inputs } }
    const objective = await onnxObjective(build(spoilt), await nativeEngine(), { feeds })
    const report = await gradientCheck(objective, { w: Float64Array.from(draw(6)) })
    await objective.release()
    return report
  }
  test('right, in float64', async () => {
    const report = await check(false)
    expect([report.verdict, report.precision]).toEqual(['pass', 'float64'])
  })
  test('twice what it should be', async () => {
    const report = await check(true)
    expect([report.verdict, failing(report), report.diagnosis?.cause]).toEqual(['fail', ['w'], 'factor-2'])
  })
  test('an output that is not there, an input without a value', async () => {
    const engine = await nativeEngine()
    await expect(onnxObjective(build(false), engine, { loss: 'los' })).rejects.toThrow("has no output 'los'")
    await expect(onnxObjective(build(false), engine)).rejects.toThrow(
      "the input 'x' of 'step' has neither a gradient nor a value",
    )
  })
})
