/** @file The layers of the reference: forward and backward by plain loops in float64, written from the formulas alone. */
import type { LayerSpec, Shape } from './nets.ts'

interface Given {
  /** [batch, ...shape] */
  readonly x: Float64Array
  readonly batch: number
  readonly shape: Shape
  readonly w: readonly Float64Array[]
}

/** From the gradient by a layer's output to those by its input and its parameters. */
export type Backward = (dy: Float64Array) => { dx: Float64Array; dw: readonly Float64Array[] }

type Forward = (given: Given) => { output: Float64Array; backward: Backward }

export function forwardOf(layer: LayerSpec): Forward {
  switch (layer.kind) {
    case 'dense':
      return dense
    case 'conv':
      return conv(layer.filters, layer.kernel, layer.padding)
    case 'maxPool':
    case 'averagePool':
      return pool(layer.size, layer.kind === 'maxPool')
    case 'batchNorm':
      return batchNorm
    case 'relu':
      return elementwise(
        (x) => Math.max(0, x),
        (y) => (y > 0 ? 1 : 0),
      )
    case 'tanh':
      return elementwise(Math.tanh, (y) => 1 - y ** 2)
    case 'flatten':
      return ({ x }) => ({ output: x, backward: (dy) => ({ dx: dy, dw: [] }) })
    case 'lstm':
      return lstm(layer.units)
  }
}

/** a [n, k] or its transpose, times b [k, m] or its transpose, as [n, m]. */
function product(a: Float64Array, b: Float64Array, n: number, k: number, m: number, turned: 'none' | 'a' | 'b') {
  const result = new Float64Array(n * m)
  for (let i = 0; i < n; i++)
    for (let l = 0; l < k; l++) {
      const factor = turned === 'a' ? a[l * n + i] : a[i * k + l]
      if (factor === 0) continue
      if (turned === 'b') for (let j = 0; j < m; j++) result[i * m + j] += factor * b[j * k + l]
      else for (let j = 0; j < m; j++) result[i * m + j] += factor * b[l * m + j]
    }
  return result
}

/** The sum of the rows of [n, m]. */
function sumOfRows(x: Float64Array, m: number): Float64Array {
  const sum = new Float64Array(m)
  for (let i = 0; i < x.length; i++) sum[i % m] += x[i]
  return sum
}

const dense: Forward = ({ x, batch, shape: [width], w: [weight, bias] }) => {
  const units = bias.length
  const output = product(x, weight, batch, width, units, 'none')
  for (let i = 0; i < output.length; i++) output[i] += bias[i % units]
  return {
    output,
    backward: (dy) => ({
      dx: product(dy, weight, batch, units, width, 'b'),
      dw: [product(x, dy, width, batch, units, 'a'), sumOfRows(dy, units)],
    }),
  }
}

const elementwise =
  (value: (x: number) => number, slopeAt: (y: number) => number): Forward =>
  ({ x }) => {
    const output = x.map(value)
    return { output, backward: (dy) => ({ dx: dy.map((d, i) => d * slopeAt(output[i])), dw: [] }) }
  }

const conv =
  (filters: number, kernel: number, padding: number): Forward =>
  ({ x, batch, shape: [channels, height, width], w: [weight, bias] }) => {
    const [rows, columns] = [height + 2 * padding - kernel + 1, width + 2 * padding - kernel + 1]
    /** Calls with the place of each product's weight and of the row of inputs and outputs that it belongs to. */
    const eachRow = (visit: (w: number, from: number, to: number, first: number, last: number) => void) => {
      for (let n = 0; n < batch; n++)
        for (let f = 0; f < filters; f++)
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < kernel; i++)
              for (let j = 0; j < kernel; j++)
                for (let r = 0; r < rows; r++) {
                  const row = r + i - padding
                  if (row < 0 || row >= height) continue
                  const [first, last] = [Math.max(0, padding - j), Math.min(columns, width + padding - j)]
                  const from = ((n * channels + c) * height + row) * width + j - padding
                  visit(
                    ((f * channels + c) * kernel + i) * kernel + j,
                    from,
                    ((n * filters + f) * rows + r) * columns,
                    first,
                    last,
                  )
                }
    }
    const output = new Float64Array(batch * filters * rows * columns)
    if (bias !== undefined)
      for (let i = 0; i < output.length; i++) output[i] = bias[Math.floor(i / (rows * columns)) % filters]
    eachRow((at, from, to, first, last) => {
      const factor = weight[at]
      for (let k = first; k < last; k++) output[to + k] += factor * x[from + k]
    })
    const backward: Backward = (dy) => {
      const [dx, dWeight] = [new Float64Array(x.length), new Float64Array(weight.length)]
      eachRow((at, from, to, first, last) => {
        const factor = weight[at]
        let sum = 0
        for (let k = first; k < last; k++) {
          dx[from + k] += factor * dy[to + k]
          sum += x[from + k] * dy[to + k]
        }
        dWeight[at] += sum
      })
      const dBias = new Float64Array(filters)
      for (let i = 0; i < dy.length; i++) dBias[Math.floor(i / (rows * columns)) % filters] += dy[i]
      return { dx, dw: bias === undefined ? [dWeight] : [dWeight, dBias] }
    }
    return { output, backward }
  }

const pool =
  (size: number, greatest: boolean): Forward =>
  ({ x, batch, shape: [channels, height, width] }) => {
    const [rows, columns] = [Math.floor(height / size), Math.floor(width / size)]
    const output = new Float64Array(batch * channels * rows * columns)
    /** What each output takes from each input of its window. */
    const taken: [to: number, from: number, share: number][] = []
    for (let picture = 0; picture < batch * channels; picture++)
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) {
          const window = Array.from({ length: size * size }, (_, k) => {
            const row = r * size + Math.floor(k / size)
            return (picture * height + row) * width + c * size + (k % size)
          })
          const to = (picture * rows + r) * columns + c
          const best = window.reduce((winner, at) => (x[at] > x[winner] ? at : winner))
          if (greatest) taken.push([to, best, 1])
          else for (const at of window) taken.push([to, at, 1 / window.length])
        }
    for (const [to, from, share] of taken) output[to] += share * x[from]
    const backward: Backward = (dy) => {
      const dx = new Float64Array(x.length)
      for (const [to, from, share] of taken) dx[from] += share * dy[to]
      return { dx, dw: [] }
    }
    return { output, backward }
  }

/** Ioffe and Szegedy 2015, algorithm 1; the gradient as derived there in section 3. */
const batchNorm: Forward = ({ x, batch, shape: [channels, ...rest], w: [scale, shift] }) => {
  const area = rest.reduce((product, length) => product * length, 1)
  const count = batch * area
  const channelOf = (i: number) => Math.floor(i / area) % channels
  const mean = new Float64Array(channels)
  const variance = new Float64Array(channels)
  for (let i = 0; i < x.length; i++) mean[channelOf(i)] += x[i] / count
  for (let i = 0; i < x.length; i++) variance[channelOf(i)] += (x[i] - mean[channelOf(i)]) ** 2 / count
  const deviation = variance.map((v) => Math.sqrt(v + 1e-5))
  const normal = x.map((value, i) => (value - mean[channelOf(i)]) / deviation[channelOf(i)])
  const output = normal.map((value, i) => scale[channelOf(i)] * value + shift[channelOf(i)])
  const backward: Backward = (dy) => {
    const [dScale, dShift] = [new Float64Array(channels), new Float64Array(channels)]
    for (let i = 0; i < dy.length; i++) {
      dScale[channelOf(i)] += dy[i] * normal[i]
      dShift[channelOf(i)] += dy[i]
    }
    const dx = dy.map((d, i) => {
      const c = channelOf(i)
      return (scale[c] / deviation[c]) * (d - dShift[c] / count - (normal[i] * dScale[c]) / count)
    })
    return { dx, dw: [dScale, dShift] }
  }
  return { output, backward }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

/** Hochreiter and Schmidhuber 1997, with forget gates (Gers et al. 2000); backwards through time. */
const lstm =
  (units: number): Forward =>
  ({ x, batch, shape: [length, features], w: [inputWeight, recurrentWeight, bias] }) => {
    const gates = 4 * units
    const rowsAt = (time: number) => {
      const rows = new Float64Array(batch * features)
      for (let n = 0; n < batch; n++)
        rows.set(x.subarray((n * length + time) * features, (n * length + time + 1) * features), n * features)
      return rows
    }
    const steps: { x: Float64Array; before: State; open: Float64Array; cell: Float64Array }[] = []
    let state: State = { hidden: new Float64Array(batch * units), cell: new Float64Array(batch * units) }
    for (let time = 0; time < length; time++) {
      const rows = rowsAt(time)
      const open = product(rows, inputWeight, batch, features, gates, 'none')
      const recurrent = product(state.hidden, recurrentWeight, batch, units, gates, 'none')
      for (let i = 0; i < open.length; i++) {
        const sum = open[i] + recurrent[i] + bias[i % gates]
        open[i] = Math.floor((i % gates) / units) === 2 ? Math.tanh(sum) : sigmoid(sum)
      }
      const at = (i: number, gate: number) => open[Math.floor(i / units) * gates + gate * units + (i % units)]
      const cell = state.cell.map((c, i) => at(i, 1) * c + at(i, 0) * at(i, 2))
      const hidden = cell.map((c, i) => at(i, 3) * Math.tanh(c))
      steps.push({ x: rows, before: state, open, cell })
      state = { hidden, cell }
    }
    const backward: Backward = (dy) => {
      const dx = new Float64Array(x.length)
      const dw = [inputWeight, recurrentWeight, bias].map((values) => new Float64Array(values.length))
      let dHidden = dy
      let dCell = new Float64Array(batch * units)
      for (let time = length - 1; time >= 0; time--) {
        const { x: rows, before, open, cell } = steps[time]
        const dSums = new Float64Array(batch * gates)
        const dCellBefore = new Float64Array(batch * units)
        for (let i = 0; i < dCell.length; i++) {
          const base = Math.floor(i / units) * gates + (i % units)
          const [input, forget, candidate, output] = [0, 1, 2, 3].map((gate) => open[base + gate * units])
          const squashed = Math.tanh(cell[i])
          const d = dCell[i] + dHidden[i] * output * (1 - squashed ** 2)
          dSums[base] = d * candidate * input * (1 - input)
          dSums[base + units] = d * before.cell[i] * forget * (1 - forget)
          dSums[base + 2 * units] = d * input * (1 - candidate ** 2)
          dSums[base + 3 * units] = dHidden[i] * squashed * output * (1 - output)
          dCellBefore[i] = d * forget
        }
        const parts = [
          product(rows, dSums, features, batch, gates, 'a'),
          product(before.hidden, dSums, units, batch, gates, 'a'),
          sumOfRows(dSums, gates),
        ]
        parts.forEach((part, k) => void part.forEach((value, i) => (dw[k][i] += value)))
        const dRows = product(dSums, inputWeight, batch, gates, features, 'b')
        for (let n = 0; n < batch; n++)
          dx.set(dRows.subarray(n * features, (n + 1) * features), (n * length + time) * features)
        dHidden = product(dSums, recurrentWeight, batch, gates, units, 'b')
        dCell = dCellBefore
      }
      return { dx, dw }
    }
    return { output: state.hidden, backward }
  }

interface State {
  readonly hidden: Float64Array
  readonly cell: Float64Array
}
