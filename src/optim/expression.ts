/** @file Expressions: an update rule's arithmetic, recorded once as a graph from which all three forms are made. */
import { show, usageError } from '../base/errors.ts'

/** What every form can do for each element. Each is rounded on its own (no fused multiply-add), so all forms agree. */
export type ElementOperation =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'max'
  | 'min'
  | 'neg'
  | 'abs'
  | 'sqrt'
  | 'less'
  | 'greater'
  | 'select'

/** What is done on scalars only, on the host, in float64: no form needs a transcendental function. */
export type HostOperation = 'pow' | 'exp' | 'log' | 'floor'

export type Operation = ElementOperation | HostOperation

interface Common<Type extends 'number' | 'condition'> {
  readonly type: Type
  /** Order of making: inputs come before what is computed from them. */
  readonly id: number
  /** Whether it differs from element to element; otherwise it is a scalar, the same for the whole step. */
  readonly perElement: boolean
}

/** An entry of a tensor: x, g or a state. */
export interface TensorInput extends Common<'number'> {
  readonly kind: 'tensor'
  readonly name: string
}

/** A hyperparameter at this step, or the step count t. */
export interface ScalarInput extends Common<'number'> {
  readonly kind: 'scalar'
  readonly name: string
}

export interface Constant extends Common<'number'> {
  readonly kind: 'constant'
  readonly value: number
}

export interface Computed<Type extends 'number' | 'condition' = 'number' | 'condition'> extends Common<Type> {
  readonly kind: 'computed'
  readonly operation: Operation
  readonly inputs: readonly Node[]
}

/** A number, per element or for the whole step. */
export type Expression = TensorInput | ScalarInput | Constant | Computed<'number'>
/** The outcome of a comparison; only `select` takes it. */
export type Condition = Computed<'condition'>
export type Node = Expression | Condition
/** What operations take: an expression, or a plain number. */
export type Operand = Expression | number

/** One operation on numbers as the host does it, in float64: for scalars, and what the other forms must agree with. */
export const hostArithmetic: Readonly<Record<Operation, (...inputs: number[]) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
  neg: (a) => -a,
  abs: (a) => Math.abs(a),
  sqrt: (a) => Math.sqrt(a),
  less: (a, b) => (a < b ? 1 : 0),
  greater: (a, b) => (a > b ? 1 : 0),
  select: (condition, a, b) => (condition === 0 ? b : a),
  pow: (a, b) => a ** b,
  exp: (a) => Math.exp(a),
  log: (a) => Math.log(a),
  floor: (a) => Math.floor(a),
}

/**
 * The `op` of an update rule: each method records one operation and gives its result as an expression. The same operation on
 * the same inputs is recorded once. Operations on plain numbers alone are done at once.
 */
export class Recorder {
  readonly #seen = new Map<string, Node>()
  #nextId = 0

  tensor(name: string): TensorInput {
    return { kind: 'tensor', type: 'number', id: this.#nextId++, perElement: true, name }
  }

  scalar(name: string): ScalarInput {
    return { kind: 'scalar', type: 'number', id: this.#nextId++, perElement: false, name }
  }

  add(a: Operand, b: Operand): Expression {
    return this.#number('add', a, b)
  }
  sub(a: Operand, b: Operand): Expression {
    return this.#number('sub', a, b)
  }
  mul(a: Operand, b: Operand): Expression {
    return this.#number('mul', a, b)
  }
  div(a: Operand, b: Operand): Expression {
    return this.#number('div', a, b)
  }
  /** The greater one; NaN when either is NaN. */
  max(a: Operand, b: Operand): Expression {
    return this.#number('max', a, b)
  }
  /** The smaller one; NaN when either is NaN. */
  min(a: Operand, b: Operand): Expression {
    return this.#number('min', a, b)
  }
  neg(a: Operand): Expression {
    return this.#number('neg', a)
  }
  abs(a: Operand): Expression {
    return this.#number('abs', a)
  }
  sqrt(a: Operand): Expression {
    return this.#number('sqrt', a)
  }
  square(a: Operand): Expression {
    return this.#number('mul', a, a)
  }
  /** −1, 0 or 1; zero and NaN are kept. Made of `select`, because the runtimes' own sign differ on NaN. */
  sign(a: Operand): Expression {
    return this.select(this.greater(a, 0), 1, this.select(this.less(a, 0), -1, a))
  }
  /** a < b; false when either is NaN. */
  less(a: Operand, b: Operand): Condition {
    return this.#condition('less', this.#operands('less', [a, b]))
  }
  /** a > b; false when either is NaN. */
  greater(a: Operand, b: Operand): Condition {
    return this.#condition('greater', this.#operands('greater', [a, b]))
  }
  /** `condition ? a : b`. */
  select(condition: Condition, a: Operand, b: Operand): Expression {
    if (condition?.type !== 'condition')
      throw usageError(`select got ${describe(condition)} as its condition, expected what less or greater gives`)
    const branches = this.#operands('select', [a, b])
    const chooses = branches.some((branch) => branch.perElement) && !condition.perElement
    // A choice made once for the whole step between tensors: the host decides, and the loop compares its 1 or 0 with 0.
    const chosen = chooses ? this.#perElement(this.select(condition, 1, 0)) : condition
    return this.#record('select', 'number', [chosen, ...branches]) as Expression
  }

  /** a to the power of b. Scalars only. */
  pow(a: Operand, b: Operand): Expression {
    return this.#host('pow', a, b)
  }
  /** Scalars only, as are `log` and `floor`. */
  exp(a: Operand): Expression {
    return this.#host('exp', a)
  }
  log(a: Operand): Expression {
    return this.#host('log', a)
  }
  floor(a: Operand): Expression {
    return this.#host('floor', a)
  }

  constant(value: number): Constant {
    const key = `constant ${Object.is(value, -0) ? '-0' : value}`
    const seen = this.#seen.get(key)
    if (seen !== undefined) return seen as Constant
    const node: Constant = { kind: 'constant', type: 'number', id: this.#nextId++, perElement: false, value }
    this.#seen.set(key, node)
    return node
  }

  #number(operation: Operation, ...operands: readonly Operand[]): Expression {
    return this.#record(operation, 'number', this.#operands(operation, operands)) as Expression
  }

  #host(operation: HostOperation, ...operands: readonly Operand[]): Expression {
    const inputs = this.#operands(operation, operands)
    if (inputs.some((input) => input.perElement))
      throw usageError(
        `${operation} got an expression over tensors, expected scalars (hyperparameters, t, numbers)`,
        'for tensors there are square, sqrt, mul and div',
      )
    return this.#record(operation, 'number', inputs) as Expression
  }

  #condition(operation: 'less' | 'greater', inputs: readonly Expression[]): Condition {
    return this.#record(operation, 'condition', inputs) as Condition
  }

  #perElement(scalar: Expression): Condition {
    return this.#record('greater', 'condition', [scalar, this.constant(0)], true) as Condition
  }

  #operands(operation: Operation, operands: readonly Operand[]): Expression[] {
    return operands.map((operand, i) => {
      if (typeof operand === 'number') return this.constant(operand)
      if (operand?.type === 'number') return operand
      throw usageError(
        `${operation} got ${describe(operand)} as operand ${i + 1}, expected an expression or a number`,
        'is every name that update takes one of the rule’s state or hyper names, x, g or t?',
      )
    })
  }

  #record(operation: Operation, type: Node['type'], inputs: readonly Node[], forced = false): Node {
    const perElement = forced || inputs.some((input) => input.perElement)
    const values = inputs.map((input) => (input.kind === 'constant' ? input.value : undefined))
    if (type === 'number' && values.every((value) => value !== undefined))
      return this.constant(hostArithmetic[operation](...values))
    const key = `${operation} ${perElement} ${inputs.map((input) => input.id).join()}`
    const seen = this.#seen.get(key)
    if (seen !== undefined) return seen
    const node = { kind: 'computed', type, id: this.#nextId++, perElement, operation, inputs } as Node
    this.#seen.set(key, node)
    return node
  }
}

/** What an update rule may call. */
export type Algebra = Omit<Recorder, 'tensor' | 'scalar' | 'constant'>

function describe(value: unknown): string {
  const isNode = typeof value === 'object' && value !== null && 'perElement' in value
  return isNode ? ((value as Node).type === 'condition' ? 'a condition' : 'a number') : show(value)
}
