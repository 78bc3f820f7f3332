/** @file Functions that ONNX lacks, made of its operators and exact in float64 to a few units in the last place. */
import * as op from '../op.ts'
import type { Value } from '../types.ts'

/**
 * A constant that float32 cannot hold, for rules that work in either precision: as the sum of two float32 numbers. Where the
 * float64 twin of a float32 graph keeps the constants' float32 values, the sum is still right to 2^−48.
 */
export function exactConstant(like: Value, value: number): Value {
  const rest = like.builder.scalar(like.dtype, value - Math.fround(value))
  return op.add(rest, Math.fround(value))
}

/** Σ c[k]·x^k, by Horner's rule. */
function polynomial(x: Value, coefficients: readonly number[]): Value {
  const [highest, ...rest] = [...coefficients].reverse()
  let sum: Value | undefined
  for (const coefficient of rest) sum = op.add(op.mul(sum ?? highest, x), coefficient)
  return sum ?? op.full(x.builder, x, highest)
}

/** e^x − 1 = tanh(x/2)·(e^x + 1): nothing cancels near 0, where tanh is exact. */
export function expm1(x: Value): Value {
  return op.mul(op.tanh(op.mul(x, 0.5)), op.add(op.exp(x), 1))
}

/**
 * log(1 + x) for x ≥ 0: what is lost in u = 1 + x is lost in u − 1 too, so that the error of log u is mended by x/(u − 1).
 * (Higham 2002, Accuracy and Stability of Numerical Algorithms, section 1.14.1, after Kahan.)
 */
export function log1p(x: Value): Value {
  const u = op.add(x, 1)
  return op.where(op.equal(u, 1), x, op.mul(op.log(u), op.div(x, op.sub(u, 1))))
}

/**
 * Coefficients in t = (x − 3.5)/(x + 3.5) of (1 + 2x)·e^(x²)·erfc(x) on the whole half line, right to 5e-16: the Chebyshev
 * series of degree 23, written in powers of t (test/fixtures/make_smooth.py computes them in 50 digits).
 */
const erfcSeries: readonly number[] = [
  1.2423492448711544, -0.1400091801376197, -0.010555596332221669, 0.09751909515328706, -0.11508959816003075,
  0.08798315382403678, -0.04882332583088402, 0.019099330953271165, -0.004215019879774186, -0.0003022679534333239,
  0.0005643842668705102, -0.00012151212091980101, -4.2781739959539994e-5, 2.4260300984917994e-5, 2.3273309537791425e-6,
  -3.814012584490695e-6, -4.3092373983166656e-8, 6.014823849950426e-7, -8.611571571113718e-9, -9.64004253144383e-8,
  6.651894382376532e-10, 1.3624442778701048e-8, 6.04039009934299e-11, -1.1656687889203667e-9,
]

/** e^(x²)·erfc(x) for finite x ≥ 0 in float64. Shepherd and Laframboise 1981, eq. 3, with 3.5 for their 3.75. */
function scaledErfc(x: Value): Value {
  const t = op.div(op.sub(x, 3.5), op.add(x, 3.5))
  return op.div(polynomial(t, erfcSeries), op.add(op.mul(x, 2), 1))
}

/** (2/√π)·(−1)^k/(k!·(2k + 1)): erf(x)/x in powers of x² (Abramowitz and Stegun 7.1.5); the 14th is below 1e-18 at ½. */
const erfSeries: readonly number[] = Array.from({ length: 14 }, (_, k) => {
  let factorial = 1
  for (let i = 2; i <= k; i++) factorial *= i
  return ((k % 2 === 0 ? 2 : -2) / Math.sqrt(Math.PI) / factorial) * (1 / (2 * k + 1))
})

/** erf(x) in float64: the power series near 0, where it keeps every digit; from ½ on 1 − erfc(x). */
export function erf(x: Value): Value {
  // From 6 on erf is 1; an infinity would become ∞/∞ in t.
  const size = op.minimum(op.abs(x), 30)
  const far = op.sub(1, op.mul(scaledErfc(size), op.exp(op.neg(op.square(size)))))
  const near = op.mul(x, polynomial(op.square(x), erfSeries))
  return op.where(op.less(size, 0.5), near, op.mul(op.sign(x), far))
}

/** Φ(−x) for x ≥ 0, the upper tail of the normal distribution, in float64: relatively exact far out too. */
export function normalTail(x: Value): Value {
  const density = op.exp(op.mul(op.square(x), -0.5))
  return op.mul(op.mul(density, 0.5), scaledErfc(op.div(x, Math.SQRT2)))
}
