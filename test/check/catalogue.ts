/**
 * @file The catalogue: losses whose right derivatives come from the tape, and mistakes planted in them. Every mistake is far more than
 * three times the rounding of its precision, but for those that say so.
 */
import { RandomStream } from '../../src/base/random.ts'
import type { GradientCheckOptions, Objective, Verdict } from '../../src/check/index.ts'
import { type Mistakes, Tape, type Variable } from './tape.ts'

export type NamedArrays = Record<string, Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>>
type Variables = Record<string, Variable[]>
type Loss = (tape: Tape, p: Variables) => Variable

export interface Entry {
  readonly name: string
  readonly objective: Objective<NamedArrays>
  readonly at: NamedArrays
  readonly expected: Verdict
  /** The tensors that must be named, and no others; of a mistake that is in all of them, left out. */
  readonly wrong?: readonly string[]
  readonly options?: GradientCheckOptions<NamedArrays>
}

interface Options {
  /** Derivatives of operators that are wrong. */
  readonly mistakes?: Mistakes
  /** What is done to the right gradient. */
  readonly spoil?: (gradient: NamedArrays, p: NamedArrays) => void
  /** Another loss whose derivatives are given: a forgotten or doubled term. */
  readonly derived?: Loss
  readonly single?: boolean
  readonly options?: GradientCheckOptions<NamedArrays>
}

/** An objective from a loss on the tape. */
function objective(
  loss: Loss,
  { mistakes, spoil, derived = loss, single = false }: Options = {},
): Objective<NamedArrays> {
  const onTape = (of: Loss, p: NamedArrays, wrong?: Mistakes) => {
    const tape = new Tape(wrong, single)
    const entries = Object.entries(p).map(([name, data]) => [name, Array.from(data, (x) => tape.constant(x))] as const)
    const variables = Object.fromEntries(entries)
    return { tape, variables, value: of(tape, variables) }
  }
  return {
    loss: (p) => onTape(loss, p).value.value,
    gradient: (p) => {
      const { tape, variables, value } = onTape(derived, p, mistakes)
      const slopes = tape.gradient(value)
      const entries = Object.entries(variables).map(([name, list]) => {
        const values = list.map(({ at }) => slopes[at])
        return [name, p[name] instanceof Float32Array ? Float32Array.from(values) : Float64Array.from(values)] as const
      })
      const gradient: NamedArrays = Object.fromEntries(entries)
      spoil?.(gradient, p)
      return gradient
    },
  }
}

const right = (name: string, loss: Loss, at: NamedArrays, more: Options = {}): Entry => ({
  name,
  objective: objective(loss, more),
  at,
  expected: 'pass',
  options: more.options,
})

const wrong = (
  name: string,
  loss: Loss,
  at: NamedArrays,
  tensors: readonly string[] | undefined,
  more: Options,
): Entry => ({
  name,
  objective: objective(loss, more),
  at,
  expected: 'fail',
  wrong: tensors,
  options: more.options,
})

const normal = (length: number, seed: number, scale = 1): Float64Array<ArrayBuffer> => {
  const stream = new RandomStream(seed, 'catalogue')
  return Float64Array.from({ length }, () => scale * stream.normal())
}

// ---- A net: 3 inputs, 4 hidden units, 3 classes, 3 examples -------------------------------------------------------------------

const rows = Array.from({ length: 3 }, (_, i) => Array.from(normal(3, 100 + i)))
const classes = [0, 2, 1]
type Activation = 'relu' | 'tanh' | 'sigmoid'

interface NetOptions {
  readonly activation?: Activation
  readonly l2?: number
  readonly l1?: number
  /** Whether the penalty is on the biases too. */
  readonly biases?: boolean
  readonly mask?: readonly number[]
  /** The loss as a sum over the batch. */
  readonly total?: boolean
  readonly scale?: number
}

/** Rows of `x` times w [in, units], plus b. */
function dense(tape: Tape, x: readonly (Variable | number)[][], w: Variable[], b: Variable[]): Variable[][] {
  return x.map((row) =>
    b.map((bias, j) =>
      tape.op('add', tape.sum(row.map((value, i) => tape.op('mul', value, w[i * b.length + j]))), bias),
    ),
  )
}

function crossEntropy(tape: Tape, scores: readonly Variable[][]): Variable[] {
  return scores.map((row, i) => {
    const top = Math.max(...row.map(({ value }) => value))
    const sum = tape.sum(row.map((score) => tape.op('exp', tape.op('sub', score, top))))
    return tape.op('sub', tape.op('add', tape.op('log', sum), top), row[classes[i]])
  })
}

const net =
  ({ activation = 'tanh', l2 = 0, l1 = 0, biases = false, mask, total = false, scale = 1 }: NetOptions = {}): Loss =>
  (tape, { w1, b1, w2, b2 }) => {
    const hidden = dense(tape, rows, w1, b1).map((row) => row.map((h) => tape.op(activation, h)))
    const kept = mask ? hidden.map((row) => row.map((h, j) => tape.op('mul', h, mask[j]))) : hidden
    const losses = crossEntropy(tape, dense(tape, kept, w2, b2))
    const data = tape.op('mul', tape.sum(losses), (total ? 1 : 1 / losses.length) * scale)
    const penalised = [...w1, ...w2, ...(biases ? [...b1, ...b2] : [])]
    const squares = tape.op('mul', tape.sum(penalised.map((w) => tape.op('square', w))), l2 / 2)
    const sizes = tape.op('mul', tape.sum(penalised.map((w) => tape.op('abs', w))), l1)
    return tape.op('add', data, tape.op('add', squares, sizes))
  }

const netAt = (): NamedArrays => ({
  w1: normal(12, 1),
  b1: normal(4, 2, 0.3),
  w2: normal(12, 3),
  b2: normal(3, 4, 0.3),
})
const single = (p: NamedArrays): NamedArrays =>
  Object.fromEntries(Object.entries(p).map(([name, data]) => [name, Float32Array.from(data)]))

const times =
  (name: string, factor: number) =>
  (g: NamedArrays): void =>
    g[name].forEach((value, i) => {
      g[name][i] = factor * value
    })

/** [rows, columns] read as if it lay the other way round. */
const transposed =
  (name: string, count: number, width: number) =>
  (g: NamedArrays): void => {
    const from = Array.from(g[name])
    for (let i = 0; i < count; i++) for (let j = 0; j < width; j++) g[name][j * count + i] = from[i * width + j]
  }

const mask = [2, 0, 2, 0]

const netMistakes: Entry[] = [
  wrong("ReLU's mask missing", net({ activation: 'relu' }), netAt(), ['w1', 'b1'], { mistakes: { relu: () => [1] } }),
  wrong("ReLU's mask the other way", net({ activation: 'relu' }), netAt(), ['w1', 'b1'], {
    mistakes: { relu: (a) => [a > 0 ? 0 : 1] },
  }),
  wrong("tanh' missing", net(), netAt(), ['w1', 'b1'], { mistakes: { tanh: () => [1] } }),
  wrong("tanh' from the input instead of the output", net(), netAt(), ['w1', 'b1'], {
    mistakes: { tanh: (a) => [1 - a * a] },
  }),
  wrong("sigmoid' = s", net({ activation: 'sigmoid' }), netAt(), ['w1', 'b1'], {
    mistakes: { sigmoid: (a) => [1 / (1 + Math.exp(-a))] },
  }),
  wrong("sigmoid' = 1 − s", net({ activation: 'sigmoid' }), netAt(), ['w1', 'b1'], {
    mistakes: { sigmoid: (a) => [1 - 1 / (1 + Math.exp(-a))] },
  }),
  wrong('a sum where the loss has the mean of the batch', net(), netAt(), undefined, { derived: net({ total: true }) }),
  wrong('the mean where the loss has a sum', net({ total: true }), netAt(), undefined, { derived: net() }),
  wrong('sign wrong everywhere', net(), netAt(), undefined, { derived: net({ scale: -1 }) }),
  wrong('sign of one bias', net(), netAt(), ['b1'], { spoil: times('b1', -1) }),
  wrong('a factor 2 too many', net(), netAt(), ['w2'], { spoil: times('w2', 2) }),
  wrong('a factor 2 forgotten', net(), netAt(), ['w1'], { spoil: times('w1', 0.5) }),
  wrong('a bias divided by the batch size again', net(), netAt(), ['b2'], { spoil: times('b2', 1 / 3) }),
  wrong('one per cent off', net(), netAt(), ['w1'], { spoil: times('w1', 1.01) }),
  wrong('one part in ten thousand off', net(), netAt(), ['w2'], { spoil: times('w2', 1.0001) }),
  wrong('transposed', net(), netAt(), ['w1'], { spoil: transposed('w1', 3, 4) }),
  wrong('transposed, the second', net(), netAt(), ['w2'], { spoil: transposed('w2', 4, 3) }),
  wrong('shifted by one', net(), netAt(), ['b1'], { spoil: (g) => void g.b1.set([...g.b1.slice(1), g.b1[0]]) }),
  wrong('one entry 0', net(), netAt(), ['w2'], { spoil: (g) => void (g.w2[5] = 0) }),
  wrong('the last entry twice', net(), netAt(), ['w1'], { spoil: (g) => void (g.w1[11] *= 2) }),
  wrong('detached: 0 everywhere', net(), netAt(), ['b1'], { spoil: times('b1', 0) }),
  wrong('NaN in one entry', net(), netAt(), undefined, { spoil: (g) => void (g.w1[3] = Number.NaN) }),
  wrong('L2 forgotten', net({ l2: 0.1 }), netAt(), ['w1', 'w2'], { derived: net() }),
  wrong('L2 twice', net({ l2: 0.1 }), netAt(), ['w1', 'w2'], { derived: net({ l2: 0.2 }) }),
  wrong('L2 on the biases too', net({ l2: 0.1 }), netAt(), ['b1', 'b2'], { derived: net({ l2: 0.1, biases: true }) }),
  wrong('L1 without its sign', net({ l1: 0.1 }), netAt(), ['w1', 'w2'], { mistakes: { abs: () => [1] } }),
  wrong("dropout's mask not in the gradient", net({ mask }), netAt(), undefined, { derived: net() }),
  wrong('dropout without its 1 / keep', net({ mask }), netAt(), undefined, {
    derived: net({ mask: mask.map((m) => m / 2) }),
  }),
  wrong("the softmax's normaliser a constant", net(), netAt(), undefined, { mistakes: { log: () => [0] } }),
  wrong('float32, one per cent off', net(), single(netAt()), ['w2'], { spoil: times('w2', 1.01), single: true }),
]

// ---- Single formulas ------------------------------------------------------------------------------------------------------------

const x = (...values: number[]): NamedArrays => ({ x: Float64Array.from(values) })
const each =
  (f: (tape: Tape, v: Variable, i: number) => Variable): Loss =>
  (tape, p) =>
    tape.sum(p.x.map((v, i) => tape.op('mul', f(tape, v, i), 1 + 0.3 * i)))
const op = (name: Parameters<Tape['op']>[0]) => each((tape, v) => tape.op(name, v))

/** Σ over rows of (value − mean)/deviation · weight: a batch normalisation of one unit; statistics may be held for the gradient. */
const batchNorm =
  (held: 'nothing' | 'mean' | 'variance' = 'nothing'): Loss =>
  (tape, { x: values, scale }) => {
    const mean = tape.op('div', tape.sum(values), values.length)
    const centre = held === 'mean' ? tape.op('stop', mean) : mean
    const centred = values.map((v) => tape.op('sub', v, centre))
    const variance = tape.op('div', tape.sum(centred.map((c) => tape.op('square', c))), values.length)
    const deviation = tape.op('sqrt', tape.op('add', held === 'variance' ? tape.op('stop', variance) : variance, 1e-5))
    return tape.sum(
      centred.map((c, i) =>
        tape.op('mul', tape.op('mul', tape.op('div', c, deviation), scale[0]), Math.sin(1 + 2 * i)),
      ),
    )
  }
const batchNormAt = (): NamedArrays => ({ x: normal(6, 7), scale: Float64Array.of(1.3) })

/** A recurrent unit over four steps. */
const recurrent =
  (gradientOf: 'all' | 'last' = 'all'): Loss =>
  (tape, { input, hidden }) => {
    let h: Variable = tape.constant(0)
    for (let t = 0; t < 4; t++) {
      const before = gradientOf === 'last' ? tape.op('stop', h) : h
      h = tape.op('tanh', tape.op('add', tape.op('mul', input[0], 0.5 + 0.3 * t), tape.op('mul', before, hidden[0])))
    }
    return tape.op('square', h)
  }
const recurrentAt = (): NamedArrays => ({ input: Float64Array.of(0.8), hidden: Float64Array.of(0.6) })

const picture = Array.from(normal(25, 8))
/** A kernel 3×3 over a picture 5×5, and a tanh. */
const convolution: Loss = (tape, { kernel }) =>
  tape.sum(
    Array.from({ length: 9 }, (_, o) => {
      const [r, c] = [Math.floor(o / 3), o % 3]
      const sum = tape.sum(kernel.map((k, i) => tape.op('mul', k, picture[(r + Math.floor(i / 3)) * 5 + c + (i % 3)])))
      return tape.op('mul', tape.op('tanh', sum), Math.cos(o))
    }),
  )
const kernelAt = (): NamedArrays => ({ kernel: normal(9, 9, 0.5) })

/** Maxima of neighbours. */
const pool: Loss = (tape, p) => tape.sum([0, 2].map((i) => tape.op('mul', tape.op('max', p.x[i], p.x[i + 1]), 1 + i)))

const embedded = [0, 2, 2, 1, 2]
/** Rows of a table, read several times. */
const embedding: Loss = (tape, { table }) =>
  tape.sum(embedded.map((row, i) => tape.op('mul', tape.op('tanh', table[row]), 1 + 0.5 * i)))

const product: Loss = (tape, p) => p.x.reduce((a, b) => tape.op('mul', a, b))
/** Ten thousand squares, without the tape, which would take its time. */
const squares = (spoilt: boolean): Objective<NamedArrays> => ({
  loss: (p) => Array.from(p.x).reduce((sum, v) => sum + v * v, 0),
  gradient: (p) => ({ x: Float64Array.from(p.x, (v, i) => 2 * v * (spoilt && i === 4321 ? 1.5 : 1)) }),
})
const many: Loss = (tape, p) => tape.sum(p.x.map((v) => tape.op('square', v)))

const formulaMistakes: Entry[] = [
  wrong(
    "a quotient's second term forgotten",
    (tape, p) => tape.op('div', p.a[0], p.b[0]),
    { a: Float64Array.of(2), b: Float64Array.of(3) },
    ['b'],
    {
      mistakes: { div: (_a, b) => [1 / b, 0] },
    },
  ),
  wrong('half of the product rule', (tape, p) => tape.op('mul', tape.op('tanh', p.x[0]), p.x[0]), x(0.7), ['x'], {
    mistakes: { mul: (_a, b) => [b, 0] },
  }),
  wrong('log without 1/x', op('log'), x(0.3, 2, 5), ['x'], { mistakes: { log: () => [1] } }),
  wrong('exp by the power rule', op('exp'), x(0.4, -1.2, 2), ['x'], {
    mistakes: { exp: (a) => [a * Math.exp(a - 1)] },
  }),
  wrong('sqrt without ½', op('sqrt'), x(0.3, 2), ['x'], { mistakes: { sqrt: (a) => [1 / Math.sqrt(a)] } }),
  wrong('|x| without its sign', op('abs'), x(0.5, -2, 3), ['x'], { mistakes: { abs: () => [1] } }),
  wrong('clipping without its mask', op('clip'), x(0.5, -2, 3), ['x'], { mistakes: { clip: () => [1] } }),
  wrong('cosine with a sign', op('sin'), x(0.5, -2, 3), ['x'], { mistakes: { sin: (a) => [-Math.cos(a)] } }),
  wrong("x² with x's derivative", op('square'), x(0.5, -2, 3), ['x'], { mistakes: { square: (a) => [a] } }),
  wrong('a maximum gives to the loser', pool, x(1, 3, 4, 2), ['x'], {
    mistakes: { max: (a, b) => (a >= b ? [0, 1] : [1, 0]) },
  }),
  wrong('a tied maximum gives all to both', pool, x(1, 1, 4, 2), ['x'], {
    mistakes: { max: (a, b) => [a >= b ? 1 : 0, b >= a ? 1 : 0] },
  }),
  wrong('batch normalisation without the gradient through the mean', batchNorm(), batchNormAt(), ['x'], {
    derived: batchNorm('mean'),
  }),
  wrong('batch normalisation without the gradient through the variance', batchNorm(), batchNormAt(), ['x'], {
    derived: batchNorm('variance'),
  }),
  wrong('backpropagation through the last step only', recurrent(), recurrentAt(), ['input', 'hidden'], {
    derived: recurrent('last'),
  }),
  wrong("a kernel's gradient turned round", convolution, kernelAt(), ['kernel'], {
    spoil: (g) => void g.kernel.reverse(),
  }),
  wrong("a kernel's gradient shifted by a column", convolution, kernelAt(), ['kernel'], {
    spoil: (g) => void g.kernel.set([...g.kernel.slice(1), 0]),
  }),
  wrong('rows of a table put where they add up', embedding, { table: normal(3, 10) }, ['table'], {
    spoil: (g, p) => void (g.table[2] = 3 * (1 - Math.tanh(p.table[2]) ** 2)),
  }),
  wrong('a cumulative product by dividing, at 0', product, x(2, 0, 3), undefined, {
    spoil: (g, p) => void g.x.forEach((_, i) => void (g.x[i] = (p.x[0] * p.x[1] * p.x[2]) / p.x[i])),
  }),
  {
    name: 'one entry of 10,000, all looked at',
    objective: squares(true),
    at: { x: normal(10_000, 11) },
    expected: 'fail',
    wrong: ['x'],
    options: { coordinates: 'all' },
  },
  {
    name: 'one entry of 10,000, by quota and directions',
    objective: squares(true),
    at: { x: normal(10_000, 11) },
    expected: 'fail',
    wrong: ['x'],
  },
  wrong('small in a large loss', (tape, p) => tape.op('add', many(tape, p), 1e6), x(1, 2, 3), ['x'], {
    spoil: times('x', 1.01),
  }),
  wrong('a loss of 1e-12', (tape, p) => tape.op('mul', many(tape, p), 1e-12), x(1, 2, 3), ['x'], {
    spoil: times('x', 1.001),
  }),
  wrong('x of 1e-8', op('square'), x(1e-8, -3e-8), ['x'], { spoil: times('x', 1.001) }),
  wrong('x of 1e8', op('square'), x(1e8, -3e8), ['x'], { spoil: times('x', 1.001) }),
]

// ---- Right ones -----------------------------------------------------------------------------------------------------------------

/** Units one behind the other. */
const deep =
  (activation: Activation, count: number): Loss =>
  (tape, { w }) => {
    let h: Variable = tape.constant(0.7)
    for (let i = 0; i < count; i++) h = tape.op(activation, tape.op('add', tape.op('mul', w[i], h), 0.1))
    return tape.op('square', h)
  }

const sorted: Loss = (tape, p) =>
  tape.sum([...p.x].sort((a, b) => a.value - b.value).map((v, rank) => tape.op('mul', v, rank)))
const hinge: Loss = (tape, p) => tape.op('relu', tape.op('add', tape.op('sub', p.x[0], p.x[1]), 1))

const rights: Entry[] = [
  ...(['relu', 'tanh', 'sigmoid'] as const).map((activation) =>
    right(`a net of ${activation}`, net({ activation }), netAt()),
  ),
  right('a net with L2', net({ l2: 0.1 }), netAt()),
  right('a net with L1', net({ l1: 0.1 }), netAt()),
  right('a net with L1 at weights of 0', net({ l1: 0.1 }), { ...netAt(), w2: new Float64Array(12) }),
  right('a net with dropout, its mask fixed', net({ mask }), netAt()),
  right('a net whose loss is a sum', net({ total: true }), netAt()),
  right('a net at zero: all units alike', net(), {
    w1: new Float64Array(12),
    b1: new Float64Array(4),
    w2: new Float64Array(12),
    b2: new Float64Array(3),
  }),
  right('a ReLU at exactly 0', op('relu'), x(0, 1, -1)),
  right('ReLUs that are all off', net({ activation: 'relu' }), { ...netAt(), b1: new Float64Array(4).fill(-100) }),
  right('saturated tanh', net(), { ...netAt(), w1: normal(12, 1, 30) }),
  right('saturated softmax', net(), { ...netAt(), w2: normal(12, 3, 100) }),
  right('a loss times 1e-12', net({ scale: 1e-12 }), netAt()),
  right('a loss times 1e12', net({ scale: 1e12 }), netAt()),
  right('float32', net(), single(netAt()), { single: true }),
  right('float32 with ReLUs', net({ activation: 'relu' }), single(netAt()), { single: true }),
  right('float32 arrays, a float64 loss', net(), single(netAt())),
  right('by directions', net(), netAt(), { options: { mode: 'directions' } }),
  right('20 layers of tanh', deep('tanh', 20), { w: normal(20, 12) }),
  right('20 layers of ReLU', deep('relu', 20), { w: normal(20, 13).map(Math.abs) }),
  right('20 layers of sigmoid, whose gradients vanish', deep('sigmoid', 20), { w: normal(20, 14) }),
  right('x³ and x⁴', (tape, p) => tape.sum(p.x.map((v) => tape.op('mul', tape.op('square', v), v))), x(1e-3, 1, -40)),
  right('|x| at 0', op('abs'), x(0, 1, -1)),
  right('|x| a hair beside 0', op('abs'), x(1e-9, -1e-12)),
  right('clipping at its bound', op('clip'), x(1, -1, 0.5)),
  right('a maximum of two that are equal', pool, x(1, 1, 4, 2)),
  right('a hinge at its margin', hinge, x(1, 2)),
  right('a sort whose order flips within a step', sorted, x(1, 1 + 1e-7, 3)),
  right('a product with one 0', product, x(2, 0, 3)),
  right('a product with two 0', product, x(0, 0, 3)),
  right('a linear loss', (tape, p) => tape.sum(p.x.map((v, i) => tape.op('mul', v, i + 1))), x(1, 1e6, -1e-6)),
  right('a loss that does not depend on x', (tape, p) => tape.op('add', tape.op('mul', p.x[0], 0), 3), x(1, 2)),
  right('very flat', (tape, p) => tape.op('square', tape.op('square', tape.op('square', p.x[0]))), x(1e-2)),
  right('at a minimum', many, x(0, 0, 0)),
  right(
    'fast oscillation',
    each((tape, v) => tape.op('sin', tape.op('mul', v, 1000))),
    x(0.3, 1.7),
  ),
  right('large offset', (tape, p) => tape.op('add', many(tape, p), 1e6), x(1, 2, 3)),
  right('x of 1e-8', op('square'), x(1e-8, -3e-8)),
  right('x of 1e8', op('square'), x(1e8, -3e8)),
  right('scales of 1e-8 and 1e8 together', op('square'), x(1e-8, 1, 1e8)),
  right('log near 0', op('log'), x(1e-6, 1e-3, 1)),
  right(
    '1/x near 0',
    each((tape, v) => tape.op('div', 1, v)),
    x(1e-4, -1e-2),
  ),
  right('exp, large', op('exp'), x(50, -50, 300)),
  right('√x near 0', op('sqrt'), x(1e-8, 1)),
  right('batch normalisation', batchNorm(), batchNormAt()),
  right(
    'a bias in front of a batch normalisation',
    (tape, p) => batchNorm()(tape, { ...p, x: p.x.map((v) => tape.op('add', v, p.bias[0])) }),
    { ...batchNormAt(), bias: Float64Array.of(0.3) },
  ),
  right('a recurrent unit', recurrent(), recurrentAt()),
  right('a convolution', convolution, kernelAt()),
  right('a table of rows', embedding, { table: normal(3, 10) }),
  { name: '10,000 numbers', objective: squares(false), at: { x: normal(10_000, 11) }, expected: 'pass' },
]

const chance = new RandomStream(5, 'catalogue/chance')

/** Where nothing can be shown either way: at a meeting of many kinks each framework picks a side at every one of them. */
export const undecidable: readonly Entry[] = [
  {
    ...right('all units exactly at their kinks', net({ activation: 'relu' }), {
      ...netAt(),
      w1: new Float64Array(12),
      b1: new Float64Array(4),
    }),
    expected: 'inconclusive',
  },
  {
    name: 'a loss that jumps at the point',
    objective: { loss: (p) => (p.x[0] >= 1 ? 2 + p.x[0] : p.x[0]), gradient: () => x(1) },
    at: x(1),
    expected: 'inconclusive',
  },
  {
    name: 'dropout redrawn at each call',
    objective: {
      loss: (p) => Array.from(p.x).reduce((sum, v) => sum + (chance.uniform() < 0.5 ? 0 : v * v), 0),
      gradient: (p) => ({ x: Float64Array.from(p.x, (v: number) => 2 * v) }),
    },
    at: x(1, 2, 3, 4, 5, 6, 7, 8),
    expected: 'inconclusive',
  },
]

export const mistakes: readonly Entry[] = [...netMistakes, ...formulaMistakes]
export const rightOnes: readonly Entry[] = rights
