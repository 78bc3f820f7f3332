/**
 * @file Recurrent layers: the simple one, LSTM and GRU, by PyTorch's definitions, unrolled over time.
 *
 * The inputs of all steps are multiplied in one product outside the unrolled part, and cut into steps along the features: row by
 * row, so that no constant holds the batch size and no step needs a reshape. The first step, whose state is zero, has no recurrent
 * term. What remains in each step is one Gemm (two in the GRU) and the gates.
 */
import { checkInteger, checkOptions, checkRange, RappelError, show, suggestion, usageError } from '../base/errors.ts'
import { typeText } from '../base/tensor.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'
import { glorot, type Initialiser, orthogonal, zeros } from './init.ts'
import type { Named } from './layers.ts'
import type { Layer, LayerContext } from './model.ts'

export interface RecurrentOptions extends Named {
  /** 'last': the state after the last step, [batch, units]. 'all': that after each, [batch, length, units]. Default 'last'. */
  readonly returns?: 'last' | 'all'
  /** Of the input weights, each gate's matrix by itself; default Glorot. */
  readonly init?: Initialiser
  /** Of the recurrent weights, each gate's matrix by itself; default orthogonal. */
  readonly recurrentInit?: Initialiser
  /** Of the biases, or false for none; default zeros. */
  readonly bias?: Initialiser | false
}
const known = ['name', 'returns', 'init', 'recurrentInit', 'bias']

/**
 * The simple recurrent layer (Elman 1990): hₜ = tanh(xₜ·W + hₜ₋₁·R + b), h₀ = 0; torch.nn.RNN, whose two biases are one here.
 * Takes [batch, length, features]; the length is fixed. Parameters: `inputWeight` W [features, units], `recurrentWeight` R [units, units],
 * `bias` [units].
 */
export function recurrent(units: number, options: RecurrentOptions = {}): Layer {
  checkOptions('recurrent', options, known)
  return unrolled({
    kind: 'recurrent',
    units,
    gates: 1,
    pieces: [units],
    options,
    cell:
      ({ weight }) =>
      ([input], before) => ({ hidden: op.tanh(before === undefined ? input : op.gemm(before.hidden, weight, input)) }),
  })
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000), as
 * torch.nn.LSTM: i, f, g, o = σ, σ, tanh, σ of xₜ·W + hₜ₋₁·R + b, each cut from it in this order; cₜ = f·cₜ₋₁ + i·g;
 * hₜ = o·tanh(cₜ); h₀ = c₀ = 0. PyTorch's two biases are one here, which is the same function. Takes [batch, length, features]; the length
 * is fixed. Parameters: `inputWeight` W [features, 4·units], `recurrentWeight` R [units, 4·units], `bias` [4·units].
 *
 * @param options.forgetBias added to the first values of the forget gate's bias; default 1, so that at first the memory lasts
 *   (Jozefowicz, Zaremba and Sutskever 2015)
 */
export function lstm(units: number, options: RecurrentOptions & { readonly forgetBias?: number } = {}): Layer {
  checkOptions('lstm', options, [...known, 'forgetBias'])
  const forgetBias = checkRange('forgetBias', options.forgetBias ?? 1, {})
  const { bias = zeros() } = options
  return unrolled<{ hidden: Value; memory: Value }>({
    kind: 'lstm',
    units,
    gates: 4,
    pieces: [4 * units],
    options: { ...options, bias: bias && raisedAt(bias, units, 2 * units, forgetBias) },
    cell:
      ({ weight }) =>
      ([input], before) => {
        const sums = before === undefined ? input : op.gemm(before.hidden, weight, input)
        const [i, f, g, o] = op.split(sums, [units, units, units, units], 1)
        const fresh = op.mul(op.sigmoid(i), op.tanh(g))
        const memory = before === undefined ? fresh : op.add(op.mul(op.sigmoid(f), before.memory), fresh)
        return { hidden: op.mul(op.sigmoid(o), op.tanh(memory)), memory }
      },
  })
}

/**
 * Gated recurrent unit (Cho et al. 2014), as torch.nn.GRU, with the reset gate after the product: r, z = σ of the first and second
 * third of xₜ·W + hₜ₋₁·R + b; n = tanh(xₜ·Wₙ + bₙ + r·(hₜ₋₁·Rₙ + c)) from the last; hₜ = (1 − z)·n + z·hₜ₋₁; h₀ = 0. Takes
 * [batch, length, features]; the length is fixed. Parameters: `inputWeight` W [features, 3·units], `recurrentWeight` R [units, 3·units],
 * `bias` b [3·units], and `recurrentBias` c [units], the only one of PyTorch's recurrent biases that is not the same as b.
 */
export function gru(units: number, options: RecurrentOptions = {}): Layer {
  checkOptions('gru', options, known)
  return unrolled({
    kind: 'gru',
    units,
    gates: 3,
    pieces: [2 * units, units],
    options,
    cell: ({ weight, context, fans }) => {
      const { bias: init = zeros() } = options
      const bias = init && context.parameter('recurrentBias', [units], { init, fans, penalised: false })
      const [gateWeight, candidateWeight] = op.split(weight, [2 * units, units], 1)
      return ([gates, candidate], before) => {
        const both = op.sigmoid(before === undefined ? gates : op.gemm(before.hidden, gateWeight, gates))
        const [r, z] = op.split(both, [units, units], 1)
        const recalled = before === undefined ? bias : op.gemm(before.hidden, candidateWeight, bias || undefined)
        const n = op.tanh(recalled ? op.add(candidate, op.mul(r, recalled)) : candidate)
        // (1 − z)·n + z·h, with one product less.
        const hidden = before === undefined ? op.sub(n, op.mul(z, n)) : op.add(n, op.mul(z, op.sub(before.hidden, n)))
        return { hidden }
      }
    },
  })
}

interface State {
  readonly hidden: Value
}

/** One step: what comes from the inputs, cut as the layer asked, and the state before; undefined where that is zero. */
type Step<S extends State> = (inputs: readonly Value[], before: S | undefined) => S

interface Unrolled<S extends State> {
  readonly kind: string
  readonly units: number
  /** How many matrices stand side by side in each weight. */
  readonly gates: number
  /** Widths into which a step's inputs, of gates·units columns, are cut. */
  readonly pieces: readonly number[]
  readonly options: RecurrentOptions
  readonly cell: (parts: { weight: Value; context: LayerContext; fans: { fanIn: number; fanOut: number } }) => Step<S>
}

function unrolled<S extends State>({ kind, units, gates, pieces, options, cell }: Unrolled<S>): Layer {
  checkInteger('units', units, 1)
  const { returns = 'last', init = glorot(), recurrentInit = orthogonal(), bias: biasInit = zeros() } = options
  if (returns !== 'last' && returns !== 'all')
    throw usageError(`${kind}: returns is ${show(returns)}`, suggestion(String(returns), ['last', 'all']))
  return {
    kind,
    name: options.name,
    options: { units, returns, init: init.name, recurrentInit: recurrentInit.name, bias: biasInit !== false },
    build(x, context) {
      if (x.shape.length !== 3) throw notASequence(kind, x)
      const [batch, length, features] = x.shape
      const width = gates * units
      const [fans, within] = [features, units].map((fanIn) => ({ fanIn, fanOut: units }))
      const weightOf = (name: string, drawn: Initialiser, of: typeof fans) =>
        context.parameter(name, [of.fanIn, width], {
          init: sideBySide(drawn, gates),
          fans: of,
          penalised: true,
          unitAxis: 1,
        })
      const inputWeight = weightOf('inputWeight', init, fans)
      const weight = weightOf('recurrentWeight', recurrentInit, within)
      const bias = biasInit && context.parameter('bias', [width], { init: biasInit, fans, penalised: false })
      const projected = op.gemm(op.reshape(x, [batch * length, features]), inputWeight, bias || undefined)
      const all = Array.from({ length }, () => pieces).flat()
      const inputs = op.split(op.reshape(projected, [batch, length * width]), all, 1)
      const step = cell({ weight, context, fans: within })
      let state: S | undefined
      const hidden: Value[] = []
      for (let t = 0; t < length; t++) {
        state = step(inputs.slice(t * pieces.length, (t + 1) * pieces.length), state)
        hidden.push(state.hidden)
      }
      if (returns === 'last') return hidden[length - 1]
      return op.reshape(op.concat(hidden, 1), [batch, length, units])
    },
  }
}

function notASequence(kind: string, x: Value): RappelError {
  return new RappelError(
    'shape',
    `${kind} takes [batch, length, features], got ${typeText(x)}`,
    x.shape.length === 2
      ? 'numbers of words become features by nn.embedding(size, dimensions); a sequence of single numbers is data of shape [rows, length, 1]; a recurrent layer in front of it needs { returns: "all" }'
      : 'reshape the data to [rows, length, features]',
  )
}

/** Each of the matrices [rows, units] that stand side by side drawn by itself, as if it were a parameter of its own. */
function sideBySide(init: Initialiser, gates: number): Initialiser {
  if (gates === 1) return init
  return {
    name: init.name,
    draw([rows, columns], fans, stream) {
      const width = columns / gates
      const values = new Float32Array(rows * columns)
      for (let gate = 0; gate < gates; gate++) {
        const block = init.draw([rows, width], fans, stream)
        for (let row = 0; row < rows; row++)
          values.set(block.subarray(row * width, (row + 1) * width), row * columns + gate * width)
      }
      return values
    },
  }
}

/** What another initialiser draws, with something added from one index up to another. */
function raisedAt(init: Initialiser, start: number, end: number, amount: number): Initialiser {
  return {
    name: `${init.name} + ${amount} at the forget gate`,
    draw: (shape, fans, stream) =>
      init.draw(shape, fans, stream).map((value, i) => (i >= start && i < end ? value + amount : value)),
  }
}
