/** @file Differentiation of whole graphs: numbers worked out by hand, one network against PyTorch, and what cannot be done. */
import { describe, expect, it } from 'vitest'
import { numbers } from '../../src/base/tensor.ts'
import { gradients, hessianVector, pullback } from '../../src/graph/autodiff.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { GradientRule, Value } from '../../src/graph/types.ts'
import { valuesOf } from './evaluate.ts'
import { mlp, tensorOf } from './fixtures.ts'

/** Float64 inputs of a new graph. */
function inputs(shapes: Readonly<Record<string, readonly number[]>>): Record<string, Value> & { builder: Builder } {
  const builder = new Builder(operators)
  const values = Object.entries(shapes).map(([name, shape]) => [name, builder.input(name, 'float64', shape)])
  return Object.assign(Object.fromEntries(values) as Record<string, Value>, { builder })
}

type Feeds = Readonly<Record<string, readonly number[]>>

/** Values of the given ones, in order, at a point. */
async function at(values: readonly Value[], feeds: Feeds): Promise<number[][]> {
  const names = values.map((_, i) => `result ${i}`)
  const graph = (values[0].builder as Builder).graph(
    'g',
    names.map((name, i) => [name, values[i]] as const),
  )
  const found = await valuesOf(graph, feeds)
  return names.map((name) => found[name])
}

/** f, f′, f″, … of a function of one number. */
function derivatives(f: (x: Value) => Value, order: number): Value[] {
  const { x } = inputs({ x: [] })
  const values = [f(x)]
  while (values.length <= order) values.push(...gradients(values[values.length - 1], [x]))
  return values
}

function expectClose(actual: readonly number[], expected: readonly number[], relative = 1e-14): void {
  expect(actual.length).toBe(expected.length)
  const scale = Math.max(...expected.map(Math.abs))
  actual.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(relative * scale))
}

describe('by hand', () => {
  it('adds up what comes from several uses: s·s + s with s = x·y', async () => {
    const { x, y } = inputs({ x: [], y: [] })
    const s = op.mul(x, y)
    const [dx, dy] = await at(gradients(op.add(op.mul(s, s), s), [x, y]), { x: [2], y: [3] })
    // (2s + 1)·y = 13·3 and (2s + 1)·x = 13·2.
    expect([dx, dy]).toEqual([[39], [26]])
  })

  it.each<[string, (x: Value) => Value, number]>([
    ['x·x', (x) => op.mul(x, x), 6],
    ['x − x', (x) => op.sub(x, x), 0],
    ['x / x', (x) => op.div(x, x), 0],
    ['max(x, x): each side has half', (x) => op.maximum(x, x), 1],
    ['x·x·x', (x) => op.mul(op.mul(x, x), x), 27],
  ])('takes one value in both places: %s at 3', async (_text, f, expected) => {
    const { x } = inputs({ x: [] })
    expect(await at(gradients(f(x), [x]), { x: [3] })).toEqual([[expected]])
  })

  it('of x⁴, as power and as products, three times: 4x³, 12x², 24x at 3/2', async () => {
    const expected = [[5.0625], [13.5], [27], [36]]
    const power = derivatives((x) => op.pow(x, 4), 3)
    expect(await at(power, { x: [1.5] })).toEqual(expected)
    const products = derivatives((x) => op.square(op.square(x)), 3)
    expect(await at(products, { x: [1.5] })).toEqual(expected)
  })

  it('of tanh, three times: 1 − t², −2t(1 − t²), −2(1 − t²)(1 − 3t²)', async () => {
    const values = derivatives(op.tanh, 3)
    const t = Math.tanh(0.7)
    const s = 1 - t * t
    const found = await at(values, { x: [0.7] })
    expectClose(found.flat(), [t, s, -2 * t * s, -2 * s * (1 - 3 * t * t)])
  })

  it('of sigmoid and its logarithm far out, where 1 − s is all that is left', async () => {
    const values = derivatives(op.sigmoid, 1)
    // s(1 − s) = e^−30/(1 + e^−30)²; at −30 the float64 kernel of the runtime is wrong in the fourth digit.
    const [[s], [slope]] = await at(values, { x: [-30] })
    expectClose([s], [Math.exp(-30) / (1 + Math.exp(-30))])
    expectClose([slope], [Math.exp(-30) / (1 + Math.exp(-30)) ** 2])
  })

  it('of whole powers at 0: every derivative of xⁿ is finite, and n! where the power is used up', async () => {
    const found = await Promise.all(
      [0, 1, 2, 3].map((n) =>
        at(
          derivatives((x) => op.pow(x, n), 4),
          { x: [0] },
        ),
      ),
    )
    expect(found.map((list) => list.flat())).toEqual([
      [1, 0, 0, 0, 0],
      [0, 1, 0, 0, 0],
      [0, 0, 2, 0, 0],
      [0, 0, 0, 6, 0],
    ])
  })

  it('of powers in the exponent: ∂²(aᵇ)/∂a∂b at b = 0 is 1/a', async () => {
    const { a, b } = inputs({ a: [], b: [] })
    const [da, db] = gradients(op.pow(a, b), [a, b])
    // a^(b−1)·(1 + b·ln a) = 1/4 at (4, 0), from either side; PyTorch gives 0 from the side of a.
    const mixed = [gradients(da, [b])[0], gradients(db, [a])[0]]
    expect(await at([da, db, ...mixed], { a: [4], b: [0] })).toEqual([[0], [Math.log(4)], [0.25], [0.25]])
  })

  it('with respect to a value on the way, and to the loss itself', async () => {
    const { x } = inputs({ x: [] })
    const y = op.exp(x)
    const loss = op.mul(op.square(y), 3)
    // 6y at y = e.
    const [dy, one] = await at(gradients(loss, [y, loss]), { x: [1] })
    expectClose(dy, [6 * Math.E])
    expect(one).toEqual([1])
  })

  it('gives zeros of its shape for what the loss does not depend on', async () => {
    const { x, y } = inputs({ x: [], y: [2, 3] })
    const [dx, dy] = gradients(op.square(x), [x, y])
    expect([dy.dtype, dy.shape]).toEqual(['float64', [2, 3]])
    expect(await at([dx, dy], { x: [5], y: [1, 2, 3, 4, 5, 6] })).toEqual([[10], [0, 0, 0, 0, 0, 0]])
  })

  it('gives what a vector-Jacobian product is, for several values at once', async () => {
    const { x, s1, s2 } = inputs({ x: [2], s1: [2], s2: [] })
    const [dx] = pullback([op.square(x), op.reduceSum(x)], [s1, s2], [x])
    // 2·x·s1 + s2.
    expect(await at([dx], { x: [3, 4], s1: [1, 10], s2: [100] })).toEqual([[106, 180]])
  })

  it('gives what a Hessian-vector product is: f = x²y has H = [[2y, 2x], [2x, 0]]', async () => {
    const { x, y, v, w } = inputs({ x: [], y: [], v: [], w: [] })
    const products = hessianVector(op.mul(op.square(x), y), [x, y], [v, w])
    expect(await at(products, { x: [3], y: [5], v: [1], w: [10] })).toEqual([[10 + 60], [6]])
  })

  it('differentiates in float32 too', async () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [2])
    const [dx] = gradients(op.reduceSum(op.square(x)), [x])
    expect([dx.dtype, dx.shape]).toEqual(['float32', [2]])
  })
})

describe('steps', () => {
  it('lets nothing through integers: x·⌊x⌋ has the slope ⌊x⌋', async () => {
    const { x } = inputs({ x: [2] })
    const whole = op.cast(op.cast(x, 'int64'), 'float64')
    expect(await at(gradients(op.reduceSum(op.mul(x, whole)), [x]), { x: [2.75, -3.5] })).toEqual([[2, -3]])
  })

  it('lets nothing through signs: x·sign(x) has the slope sign(x)', async () => {
    const { x } = inputs({ x: [3] })
    expect(await at(gradients(op.reduceSum(op.mul(x, op.sign(x))), [x]), { x: [2, -3, 0] })).toEqual([[1, -1, 0]])
  })

  it('lets nothing through comparisons: where(x > 1, x², −x) chooses a slope', async () => {
    const { x } = inputs({ x: [2] })
    const y = op.where(op.greater(x, 1), op.square(x), op.neg(x))
    expect(await at(gradients(op.reduceSum(y), [x]), { x: [3, 0.5] })).toEqual([[6, -1]])
  })

  it('lets nothing through positions: the element at the argmax has slope 1, no other', async () => {
    const { x } = inputs({ x: [3] })
    const top = op.reduceSum(op.gather(x, op.argMax(x)))
    expect(await at(gradients(top, [x]), { x: [1, 7, 3] })).toEqual([[0, 1, 0]])
  })

  it('is flat where all goes through steps', async () => {
    const { x } = inputs({ x: [2] })
    expect(await at(gradients(op.reduceSum(op.sign(x)), [x]), { x: [2, -3] })).toEqual([[0, 0]])
  })
})

describe('a network against PyTorch', () => {
  it('has its loss, gradient and Hessian-vector product (4-5-5-3, tanh, relu, cross-entropy, L2)', async () => {
    const fixture = mlp()
    const names = Object.keys(fixture.parameters)
    const builder = new Builder(operators)
    const all = { ...fixture.data, ...fixture.parameters }
    const { x, t, w1, b1, w2, b2, w3, b3 } = Object.fromEntries(
      Object.entries(all).map(([name, { dtype, shape }]) => [name, builder.input(name, dtype, shape)]),
    )
    const parameters = [w1, b1, w2, b2, w3, b3]
    const hidden = op.relu(op.gemm(op.tanh(op.gemm(x, w1, b1)), w2, b2))
    const crossEntropy = op.neg(
      op.reduceMean(op.reduceSum(op.mul(t, op.logSoftmax(op.gemm(hidden, w3, b3))), { axes: [1] })),
    )
    const penalty = [w1, w2, w3].map((w) => op.reduceSum(op.square(w))).reduce((a, b) => op.add(a, b))
    const loss = op.add(crossEntropy, op.mul(penalty, 0.01))
    const vectors = names.map((name) => builder.constant(tensorOf(fixture.vectors[name])))
    const feeds = Object.fromEntries(Object.entries(all).map(([name, given]) => [name, numbers(tensorOf(given))]))
    const results = [loss, ...gradients(loss, parameters), ...hessianVector(loss, parameters, vectors)]
    const found = await at(results, feeds)
    expectClose(found[0], [fixture.loss], 1e-13)
    names.forEach((name, i) => {
      expectClose(found[1 + i], numbers(tensorOf(fixture.gradients[name])), 1e-12)
      expectClose(found[1 + names.length + i], numbers(tensorOf(fixture.hessianVectors[name])), 1e-12)
    })
  })
})

describe('says what cannot be done', () => {
  /** Doubles x three times. The body may also use a value of the graph around it by name. */
  function loop(builder: Builder, x: Value, captured?: Value): Value {
    const body = new Builder(operators, builder)
    body.input('iteration', 'int64', [])
    const condition = body.input('condition', 'bool', [])
    const carried = body.input('carried', 'float64', [])
    const graph = body.graph('body', { goOn: op.identity(condition), next: op.add(carried, captured ?? carried) })
    return builder.node('Loop', [builder.scalar('int64', 3), undefined, x], { body: graph })[0]
  }

  it('a Loop between the loss and a parameter', () => {
    const { builder, x } = inputs({ x: [] })
    const y = loop(builder, op.square(x))
    expect(() => gradients(op.square(y), [x])).toThrow(
      'Loop (loop) has no gradient and stands between the loss and a parameter',
    )
  })

  it('a Loop that uses a parameter only inside its body', () => {
    const { builder, x, w } = inputs({ x: [], w: [] })
    const y = loop(builder, x, w)
    expect(() => gradients(op.square(y), [w])).toThrow('Loop (loop) has no gradient')
  })

  it('but a Loop that no parameter goes through is no obstacle', async () => {
    const { builder, x, w } = inputs({ x: [], w: [] })
    const loss = op.mul(loop(builder, x), w)
    // x is doubled three times: 8·5.
    expect(await at(gradients(loss, [w]), { x: [5], w: [1] })).toEqual([[40]])
  })

  it('a loss that is not a scalar', () => {
    const { x } = inputs({ x: [2, 3] })
    expect(() => gradients(op.square(x), [x])).toThrow('the loss mul is float64[2,3], expected a scalar')
    expect(() => gradients(op.square(x), [x])).toThrow(
      expect.objectContaining({ code: 'shape', hint: 'reduce it by reduceSum or reduceMean' }),
    )
  })

  it('a gradient of, or with respect to, integers', () => {
    const { builder, x } = inputs({ x: [] })
    const labels = builder.input('labels', 'int64', [4])
    expect(() => gradients(x, [labels])).toThrow('labels is int64[4]: only floats have gradients')
    expect(() => gradients(op.cast(x, 'int64'), [x])).toThrow('cast is int64[]: only floats have gradients')
  })

  it('a seed that does not fit', () => {
    const { builder, x } = inputs({ x: [2] })
    expect(() => pullback([x], [builder.scalar('float64', 1)], [x])).toThrow(
      'the seed of x is float64[], expected float64[2]',
    )
    expect(() => pullback([x], [], [x])).toThrow('the seed of x is missing, expected float64[2]')
  })

  it('a rule that gives another shape than its input has', () => {
    const broken: GradientRule = (_node, [dy]) => [dy, dy]
    const builder = new Builder({ ...operators, Add: { ...operators.Add, gradient: broken } })
    const [a, b] = [builder.input('a', 'float64', [2, 3]), builder.input('b', 'float64', [3])]
    expect(() => gradients(op.reduceSum(op.add(a, b)), [a, b])).toThrow(
      'the gradient rule of Add gives float64[2,3] for input 1, which is float64[3]',
    )
  })
})
