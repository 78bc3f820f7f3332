/**
 * @file The arbiter: each case's training by plain loops in float64. It prints the losses that stand in `cases.ts`
 * (`node bench/reference.ts [CASE]...`, some seconds for dense nets, minutes for convolutions) and shares no code with any peer.
 */
import { CASES, type Case, makeCase, parameterSpecs, shapesOf } from './cases.ts'
import { type Backward, forwardOf } from './reference-layers.ts'

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
  const { layers, batchSize, learningRate, momentum } = work
  const shapes = shapesOf(work)
  const parameters = work.parameters.map((list) => list.map((values) => Float64Array.from(values)))
  const velocities = parameters.map((list) => list.map(({ length }) => new Float64Array(length)))
  const descend = (x: Float64Array, velocity: Float64Array, gradient: Float64Array): void => {
    for (let i = 0; i < x.length; i++) {
      velocity[i] = momentum * velocity[i] + gradient[i]
      x[i] -= learningRate * velocity[i]
    }
  }
  return Array.from({ length: steps }, (_, step) => {
    const { inputs, targets } = work.batches[step % work.batches.length]
    let value: Float64Array = Float64Array.from(inputs)
    const way: Backward[] = []
    layers.forEach((layer, i) => {
      const { output, backward } = forwardOf(layer)({ x: value, batch: batchSize, shape: shapes[i], w: parameters[i] })
      value = output
      way.push(backward)
    })
    const { loss, slope } = lossOf(work, value, targets)
    let dy = slope
    for (let i = layers.length - 1; i >= 0; i--) {
      const { dx, dw } = way[i](dy)
      dw.forEach((gradient, k) => void descend(parameters[i][k], velocities[i][k], gradient))
      dy = dx
    }
    return loss
  })
}

const asked = process.argv.slice(2)
for (const spec of CASES.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
  const losses = train(makeCase(spec), spec.stepsChecked)
  const count = parameterSpecs(spec).flat().length
  console.log(
    `${spec.name}: ${count} tensors, first loss ${losses[0].toFixed(6)}, expectedLoss ${losses[spec.stepsChecked - 1].toFixed(9)}`,
  )
}
