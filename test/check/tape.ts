/** @file Reverse mode on single numbers: an independent differentiation for the catalogue, whose rules can be planted with mistakes. */

/** A number on the tape. */
export interface Variable {
  readonly value: number
  /** Its position on the tape. */
  readonly at: number
}

type Slopes = (...values: number[]) => number[]

/** Operators by name: what they compute, and their derivative by each operand. */
const rules = {
  add: { f: (a, b) => a + b, d: () => [1, 1] },
  sub: { f: (a, b) => a - b, d: () => [1, -1] },
  mul: { f: (a, b) => a * b, d: (a, b) => [b, a] },
  div: { f: (a, b) => a / b, d: (a, b) => [1 / b, -a / b ** 2] },
  exp: { f: Math.exp, d: (a) => [Math.exp(a)] },
  log: { f: Math.log, d: (a) => [1 / a] },
  sqrt: { f: Math.sqrt, d: (a) => [0.5 / Math.sqrt(a)] },
  sin: { f: Math.sin, d: (a) => [Math.cos(a)] },
  tanh: { f: Math.tanh, d: (a) => [1 - Math.tanh(a) ** 2] },
  sigmoid: {
    f: (a) => 1 / (1 + Math.exp(-a)),
    d: (a) => {
      const s = 1 / (1 + Math.exp(-a))
      return [s * (1 - s)]
    },
  },
  relu: { f: (a) => Math.max(0, a), d: (a) => [a > 0 ? 1 : 0] },
  abs: { f: Math.abs, d: (a) => [Math.sign(a)] },
  /** To [−1, 1]. */
  clip: { f: (a) => Math.max(-1, Math.min(1, a)), d: (a) => [Math.abs(a) <= 1 ? 1 : 0] },
  /** The first of two that are equal wins. */
  max: { f: Math.max, d: (a, b) => (a >= b ? [1, 0] : [0, 1]) },
  square: { f: (a) => a * a, d: (a) => [2 * a] },
  /** The value, without a gradient: a detached branch, in a right net a constant. */
  stop: { f: (a) => a, d: () => [0] },
} satisfies Record<string, { f: (...values: number[]) => number; d: Slopes }>

export type Op = keyof typeof rules

/** Derivatives that take the place of the right ones. */
export type Mistakes = Partial<Record<Op, Slopes>>

export class Tape {
  readonly #steps: { operands: Variable[]; slopes: number[] }[] = []
  readonly #mistakes: Mistakes
  /** Rounds every result to float32, as a net in single precision does. */
  readonly #round: (x: number) => number

  constructor(mistakes: Mistakes = {}, single = false) {
    this.#mistakes = mistakes
    this.#round = single ? Math.fround : (x) => x
  }

  constant(value: number): Variable {
    return this.#push(value, [], [])
  }

  op(name: Op, ...operands: (Variable | number)[]): Variable {
    const given = operands.map((operand) => (typeof operand === 'number' ? this.constant(operand) : operand))
    const values = given.map(({ value }) => value)
    const { f, d } = rules[name] as { f: (...values: number[]) => number; d: Slopes }
    return this.#push(f(...values), given, (this.#mistakes[name] ?? d)(...values))
  }

  sum(terms: readonly Variable[]): Variable {
    return terms.length === 0 ? this.constant(0) : terms.reduce((a, b) => this.op('add', a, b))
  }

  /** Derivatives of a result by everything on the tape. */
  gradient(of: Variable): number[] {
    const slopes = new Array<number>(this.#steps.length).fill(0)
    slopes[of.at] = 1
    for (let i = of.at; i >= 0; i--)
      this.#steps[i].operands.forEach(({ at }, k) => {
        slopes[at] = this.#round(slopes[at] + this.#round(slopes[i] * this.#steps[i].slopes[k]))
      })
    return slopes
  }

  #push(value: number, operands: Variable[], slopes: number[]): Variable {
    const variable = { value: this.#round(value), at: this.#steps.length }
    this.#steps.push({ operands, slopes })
    return variable
  }
}
