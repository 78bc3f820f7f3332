/** @file A two-layer net with its gradient written by hand in float64, to which the adapters are held: data, loss, gradient. */

export const shapes = { hidden: { w: [3, 4], b: [4] }, output: { w: [4, 2], b: [2] } } as const

export const rows = 5

/** Numbers between −1 and 1 that look like chance; all of them are floats of 24 bits, so that every precision starts from the same. */
function draws(count: number, phase: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.fround(Math.sin(12.9 * (i + 1) + phase)))
}

export const inputs = draws(rows * 3, 0.3)
export const targets = draws(rows * 2, 1.7)

type Net<A> = { [layer in 'hidden' | 'output']: { w: A; b: A } }

export const values: Net<number[]> = {
  hidden: { w: draws(12, 0.1), b: draws(4, 0.5) },
  output: { w: draws(8, 0.9), b: draws(2, 1.3) },
}

export const point = (): Net<Float32Array> => ({
  hidden: { w: Float32Array.from(values.hidden.w), b: Float32Array.from(values.hidden.b) },
  output: { w: Float32Array.from(values.output.w), b: Float32Array.from(values.output.b) },
})

/** loss = mean((tanh(X·W₁ + b₁)·W₂ + b₂ − T)²), and its gradient by the chain rule. */
export function byHand({ hidden, output }: Net<number[]>): { loss: number; gradient: Net<number[]> } {
  const zeros = (count: number) => new Array<number>(count).fill(0)
  const gradient = { hidden: { w: zeros(12), b: zeros(4) }, output: { w: zeros(8), b: zeros(2) } }
  let loss = 0
  for (let n = 0; n < rows; n++) {
    const h = hidden.b.map((bias, j) =>
      Math.tanh([0, 1, 2].reduce((sum, i) => sum + inputs[3 * n + i] * hidden.w[4 * i + j], bias)),
    )
    const residual = output.b.map(
      (bias, k) => h.reduce((sum, value, j) => sum + value * output.w[2 * j + k], bias) - targets[2 * n + k],
    )
    loss += residual.reduce((sum, r) => sum + r * r, 0) / (2 * rows)
    const dy = residual.map((r) => r / rows)
    dy.forEach((slope, k) => {
      gradient.output.b[k] += slope
      h.forEach((value, j) => {
        gradient.output.w[2 * j + k] += value * slope
      })
    })
    h.forEach((value, j) => {
      const dz = (1 - value * value) * dy.reduce((sum, slope, k) => sum + slope * output.w[2 * j + k], 0)
      gradient.hidden.b[j] += dz
      for (let i = 0; i < 3; i++) gradient.hidden.w[4 * i + j] += inputs[3 * n + i] * dz
    })
  }
  return { loss, gradient }
}
