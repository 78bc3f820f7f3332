/**
 * @file The arbiter: each case's training by plain loops in float64. It prints the losses that stand in `cases.ts`
 * (`node bench/reference.ts`, some seconds) and shares no code with any peer.
 */
import { CASES, type Case, makeCase, STEPS_CHECKED } from './cases.ts'

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

/** Loss of a batch and its gradient by the last layer's output. */
function lossOf(work: Case, output: Float64Array, targets: ArrayLike<number>): { loss: number; slope: Float64Array } {
  const { batchSize } = work
  const slope = new Float64Array(output.length)
  let loss = 0
  if (work.loss === 'squaredError') {
    for (let i = 0; i < output.length; i++) {
      const error = output[i] - targets[i]
      loss += error ** 2 / output.length
      slope[i] = (2 * error) / output.length
    }
    return { loss, slope }
  }
  const count = output.length / batchSize
  for (let row = 0; row < batchSize; row++) {
    const scores = output.subarray(row * count, (row + 1) * count)
    const most = Math.max(...scores)
    const sum = scores.reduce((total, score) => total + Math.exp(score - most), 0)
    loss += (most + Math.log(sum) - scores[targets[row]]) / batchSize
    for (let j = 0; j < count; j++)
      slope[row * count + j] = (Math.exp(scores[j] - most) / sum - (j === targets[row] ? 1 : 0)) / batchSize
  }
  return { loss, slope }
}

/** The losses of the first `steps` steps. */
function train(work: Case, steps: number): number[] {
  const { sizes, batchSize, activation, learningRate, momentum } = work
  const layers = work.layers.map(({ weight, bias }) => ({
    weight: Float64Array.from(weight),
    bias: Float64Array.from(bias),
    weightVelocity: new Float64Array(weight.length),
    biasVelocity: new Float64Array(bias.length),
  }))
  const descend = (x: Float64Array, velocity: Float64Array, gradient: Float64Array): void => {
    for (let i = 0; i < x.length; i++) {
      velocity[i] = momentum * velocity[i] + gradient[i]
      x[i] -= learningRate * velocity[i]
    }
  }
  return Array.from({ length: steps }, (_, step) => {
    const { inputs, targets } = work.batches[step % work.batches.length]
    const values = [Float64Array.from(inputs)]
    layers.forEach(({ weight, bias }, i) => {
      const next = product(values[i], weight, batchSize, sizes[i], sizes[i + 1], 'none')
      for (let j = 0; j < next.length; j++) next[j] += bias[j % bias.length]
      if (i < layers.length - 1) for (let j = 0; j < next.length; j++) next[j] = activate(next[j])
      values.push(next)
    })
    const { loss, slope: topSlope } = lossOf(work, values[layers.length], targets)
    let slope = topSlope
    for (let i = layers.length - 1; i >= 0; i--) {
      const { weight, bias, weightVelocity, biasVelocity } = layers[i]
      const below = product(slope, weight, batchSize, sizes[i + 1], sizes[i], 'b')
      const biasGradient = new Float64Array(bias.length)
      for (let j = 0; j < slope.length; j++) biasGradient[j % bias.length] += slope[j]
      descend(weight, weightVelocity, product(values[i], slope, sizes[i], batchSize, sizes[i + 1], 'a'))
      descend(bias, biasVelocity, biasGradient)
      for (let j = 0; j < below.length; j++) below[j] *= slopeAt(values[i][j])
      slope = below
    }
    return loss
  })

  function activate(sum: number): number {
    return activation === 'relu' ? Math.max(0, sum) : Math.tanh(sum)
  }

  /** The activation's derivative, from its value. */
  function slopeAt(value: number): number {
    if (activation === 'relu') return value > 0 ? 1 : 0
    return 1 - value ** 2
  }
}

for (const spec of CASES) {
  const losses = train(makeCase(spec), STEPS_CHECKED)
  console.log(`${spec.name}: first loss ${losses[0].toFixed(6)}, expectedLoss ${losses[STEPS_CHECKED - 1].toFixed(9)}`)
}
