/** @file The adapter of jax-js against the real library: values, references, right and planted gradients. */
import * as jax from '@jax-js/jax'
import { describe, expect, it } from 'vitest'
import { jaxObjective } from '../../../src/check/adapters/jax-js.ts'
import { gradientCheck } from '../../../src/check/gradient-check.ts'
import { expectNet, verdicts } from './expect-net.ts'
import { byHand, inputs, point, rows, shapes, targets, values } from './net.ts'

const np = jax.numpy
await jax.init()
jax.defaultDevice('wasm')

const x = np.array(Float32Array.from(inputs), { shape: [rows, 3] })
const t = np.array(Float32Array.from(targets), { shape: [rows, 2] })

type Net = { readonly [layer in 'hidden' | 'output']: { readonly w: jax.Array; readonly b: jax.Array } }

const loss = ({ hidden, output }: Net): jax.Array => {
  const h = np.tanh(np.matmul(x.ref, hidden.w).add(hidden.b))
  const y = np.matmul(h, output.w).add(output.b)
  return np.mean(np.square(y.sub(t.ref)))
}

describe('jaxObjective', () => {
  it('gives loss and gradient of a net, in its form, and leaves the arrays around it', async () => {
    const objective = jaxObjective(jax, loss, shapes)
    const expected = byHand(values)
    const found = await objective.lossAndGradient?.(point())
    expect(await objective.loss(point())).toBeCloseTo(expected.loss, 6)
    expect(found?.loss).toBeCloseTo(expected.loss, 6)
    expectNet(found?.gradient, expected.gradient)
    expectNet(await objective.gradient(point()), expected.gradient)
    expect([x.refCount, t.refCount]).toEqual([1, 1])
  })

  it('passes the check of a right net, second order included', async () => {
    const objective = jaxObjective(jax, loss, shapes, { hessianVector: true })
    const report = await gradientCheck(objective, point(), { shapes: objective.shapes })
    expect(report).toMatchObject({ verdict: 'pass', precision: 'float32', secondOrder: { verdict: 'pass' } })
  })

  it('passes a function under jit', async () => {
    const fast = jax.jit(loss)
    const report = await gradientCheck(jaxObjective(jax, fast, shapes), point())
    expect(report.verdict).toBe('pass')
    fast.dispose()
  })

  it('fails a gradient that stops on the way, and names the tensor', async () => {
    const stopped = ({ hidden, output }: Net) =>
      loss({ hidden: { w: hidden.w, b: jax.lax.stopGradient(hidden.b) }, output })
    const report = await gradientCheck(jaxObjective(jax, stopped, shapes), point())
    expect(report.verdict).toBe('fail')
    expect(verdicts(report)).toEqual({
      'hidden.w': 'pass',
      'hidden.b': 'fail',
      'output.w': 'pass',
      'output.b': 'pass',
    })
  })

  it('fails a factor that only the gradient has', async () => {
    // w + (w − stop(w)): its value is w, its slope 2.
    const doubled = ({ hidden, output }: Net) =>
      loss({ hidden, output: { w: output.w.ref.add(output.w.ref.sub(jax.lax.stopGradient(output.w))), b: output.b } })
    const report = await gradientCheck(jaxObjective(jax, doubled, shapes), point())
    expect(verdicts(report)).toMatchObject({ 'hidden.w': 'pass', 'output.w': 'fail' })
  })

  it('has Hessian-vector products: of Σ x³ they are 6·x·v', async () => {
    const cubes = (w: jax.Array) => np.sum(w.ref.mul(w.ref).mul(w))
    const objective = jaxObjective(jax, cubes, [3], { hessianVector: true })
    const product = await objective.hessianVector?.(Float32Array.of(1, 2, -3), Float32Array.of(1, -1, 2))
    expect(product).toEqual(Float32Array.of(6, -12, -36))
  })

  it('releases parameters that are not used, and all of them when f throws', async () => {
    const seen: jax.Array[] = []
    const objective = jaxObjective(
      jax,
      ({ w, unused }) => {
        seen.push(w, unused)
        return np.sum(np.square(w))
      },
      { w: [2], unused: [1] },
    )
    const at = { w: Float32Array.of(1, 2), unused: Float32Array.of(3) }
    expect(await objective.loss(at)).toBe(5)
    expect(seen.map((array) => array.refCount)).toEqual([0, 0])
    expect(await objective.gradient(at)).toEqual({ w: Float32Array.of(2, 4), unused: Float32Array.of(0) })

    const failing = jaxObjective(
      jax,
      (w) => {
        seen.push(w)
        throw new Error('no loss')
      },
      [2],
    )
    await expect(failing.loss(Float32Array.of(1, 2))).rejects.toThrow('no loss')
    expect(seen.at(-1)?.refCount).toBe(0)
  })

  it('refuses points in float64, losses that are no scalars and unknown options', async () => {
    const objective = jaxObjective(jax, ({ w }) => np.square(w), { w: [2] })
    await expect(objective.loss({ w: Float32Array.of(1, 2) })).rejects.toThrow('the loss has the shape [2]')
    await expect(objective.gradient({ w: Float32Array.of(1, 2) })).rejects.toThrow('the loss has the shape [2]')
    await expect(objective.loss({ w: [1, 2] as unknown as Float32Array })).rejects.toThrow(
      "'w' is of the class Array, expected Float32Array: jax-js computes in float32",
    )
    expect(() => jaxObjective(jax, loss, shapes, { hessian: true } as object)).toThrow("no option 'hessian'")
  })
})
