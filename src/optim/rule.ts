/**
 * @file Update rules. A rule is its arithmetic for one element, written once; the three forms are made from it: typed arrays
 * (here and in arrays.ts), a WebAssembly loop (wasm.ts), ONNX nodes (onnx.ts).
 *
 * What a rule can hold: any state of the parameter's shape; hyperparameters that follow schedules; whatever can be worked out
 * from them and the step count t, which is done on the host. What is not per element (a norm to clip by, Muon's
 * orthogonalisation) is computed before the rule and comes in as a gradient or a scalar.
 */
import { checkRange, nearest, show, suggestion, usageError } from '../base/errors.ts'
import { type ArrayUpdate, compileArrays, type FloatArray } from './arrays.ts'
import { type Algebra, type Expression, Recorder } from './expression.ts'
import { type ArrayTree, allocate, matchArrays, namedArrays } from './parameters.ts'
import { makeProgram, type Program, slotEvaluator } from './program.ts'
import { type At, type Rate, rateText } from './rate.ts'

/** What a state tensor holds before the first step: zeros, one number everywhere, or a copy of the parameter. */
export type Initial = 'zeros' | 'parameter' | number

/** A rule's memory for a set of parameters: for each state name a tree like that of the parameters. */
export interface RuleState {
  /** Updates made so far. */
  step: number
  readonly tensors: Readonly<Record<string, ArrayTree>>
}

export interface RuleDefinition<H extends string, S extends string> {
  readonly name: string
  /** Whose form of the rule it is, where forms differ. */
  readonly dialect?: string
  /** Hyperparameters, already checked. One that is undefined is not there with these settings. */
  readonly hyper: Readonly<Record<H, Rate | undefined>>
  /** State tensors, each of the parameter's shape. One that is undefined is not there with these settings. */
  readonly state: Readonly<Record<S, Initial | undefined>>
  /**
   * New x and state, from x, the gradient g and the state, with the hyperparameters and the step count t (1, 2, …) as
   * scalars. Called once: it describes the arithmetic and never sees a value, so it must not branch on one (`op.select`).
   * What is not there with these settings comes as undefined, and is returned so.
   */
  readonly update: (
    op: Algebra,
    tensors: Readonly<Record<'x' | 'g' | S, Expression>>,
    scalars: Readonly<Record<'t' | H, Expression>>,
  ) => Readonly<Record<'x', Expression> & Record<S, Expression | undefined>>
}

/** A definition in which all that is named is there. */
export interface CompleteDefinition {
  readonly name: string
  readonly hyper: Readonly<Record<string, Rate>>
  readonly state: Readonly<Record<string, Initial>>
  readonly update: (
    op: Algebra,
    tensors: Readonly<Record<string, Expression>>,
    scalars: Readonly<Record<string, Expression>>,
  ) => Readonly<{ x: Expression } & Record<string, Expression>>
}

/** An update rule with its settings. It holds no state: one rule may serve many parameters. */
export interface Rule {
  readonly name: string
  readonly dialect: string | undefined
  readonly hyper: Readonly<Record<string, Rate>>
  readonly state: Readonly<Record<string, Initial>>
  /** What the forms are made from. */
  readonly program: Program
  /** The arithmetic as it was written, for rules that are made of this one. */
  readonly definition: CompleteDefinition
  /** In words: `momentum (cs231n), learningRate 0.1, mu 0.9`. */
  readonly description: string
  /**
   * The scalars of one step, in the order of `program.slots`: what the WebAssembly and ONNX forms take.
   *
   * @param out is filled and returned; default: a new array
   * @param rateFactor multiplies the learning rate, where the rule has one of that name; default 1
   * @throws RappelError 'usage' when a schedule gives a value out of range
   */
  scalars(at: At, out?: Float64Array, rateFactor?: number): Float64Array
  /** The state before the first step, with the element type of the parameters. */
  init(parameters: ArrayTree): RuleState
  /**
   * One step on typed arrays, in place: parameters and state change, gradients do not. Nothing changes when it throws.
   *
   * @param parameters one Float32Array or Float64Array, or a tree of them
   * @param gradients the same names and lengths
   * @param state from `init`; its step count goes up by one
   * @param at where the training stands. The step is counted by the state; schedules over epochs need `epoch`
   * @throws RappelError 'usage' when names, lengths or element types differ, naming the parameter
   */
  update(parameters: ArrayTree, gradients: ArrayTree, state: RuleState, at?: Partial<At>): void
}

/**
 * Makes an update rule from its definition (STYLE.md shows one; momentum.ts is another).
 *
 * @throws RappelError 'usage' when names clash or the update returns something else than x and the state
 */
export function rule<H extends string, S extends string>(definition: RuleDefinition<H, S>): Rule {
  const complete = completeOf(definition)
  const { name, hyper, state } = complete
  const { dialect } = definition
  checkNames(complete)
  const program = record(complete)
  const scalars = scalarFunction(hyper, program)
  const stateNames = Object.keys(state)
  const settings = Object.entries(hyper).map(([key, rate]) => `${key} ${rateText(rate)}`)
  return {
    name,
    dialect,
    hyper,
    state,
    program,
    definition: complete,
    description: [dialect === undefined ? name : `${name} (${dialect})`, ...settings].join(', '),
    scalars,
    init(parameters) {
      const made = stateNames.map((key) => [key, allocate(parameters, state[key])])
      return { step: 0, tensors: Object.fromEntries(made) }
    },
    update(parameters, gradients, ruleState, at = {}) {
      const groups = matchTensors(name, stateNames, parameters, gradients, ruleState)
      const step = at.step ?? ruleState.step
      const { epoch, validation } = at
      const slots = scalars(epoch === undefined ? withoutEpoch(name, step) : { epoch, step, validation })
      for (const tensors of groups) loopFor(program, tensors[0])(tensors, slots)
      ruleState.step = step + 1
    },
  }
}

/** Checks a dialect's name. @throws RappelError 'usage' with the nearest one */
export function checkDialect(rule: string, dialect: string, known: readonly string[]): void {
  if (known.includes(dialect)) return
  throw usageError(`${rule}: the dialect ${show(dialect)} is unknown`, suggestion(String(dialect), known))
}

function completeOf<H extends string, S extends string>(definition: RuleDefinition<H, S>): CompleteDefinition {
  const { name, hyper, state, update } = definition
  return {
    name,
    hyper: present<Rate>(hyper),
    state: present<Initial>(state),
    update: (op, tensors, scalars) =>
      present<Expression>(update(op, tensors as never, scalars as never)) as Record<'x', Expression>,
  }
}

/** Without what is undefined. */
function present<T>(all: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, T>
}

function checkNames({ name, hyper, state }: CompleteDefinition): void {
  const reserved = ['x', 'g', 't']
  const names = [...Object.keys(hyper), ...Object.keys(state)]
  const clash = names.find((key, i) => reserved.includes(key) || names.indexOf(key) !== i)
  if (clash === undefined) return
  throw usageError(
    `the rule '${name}' uses the name '${clash}' twice`,
    'x is the parameter, g its gradient, t the step count; hyper and state need other names, each its own',
  )
}

/** Runs the rule's update once on names instead of numbers. */
function record({ name, hyper, state, update }: CompleteDefinition): Program {
  const op = new Recorder()
  const stateNames = Object.keys(state)
  const tensorNames = ['x', 'g', ...stateNames] as const
  const tensors = Object.fromEntries(tensorNames.map((key) => [key, op.tensor(key)]))
  const scalars = Object.fromEntries([...Object.keys(hyper), 't'].map((key) => [key, op.scalar(key)]))
  const results = update(op, tensors, scalars)
  const expected: readonly string[] = ['x', ...stateNames]
  const odd = Object.keys(results).find((key) => !expected.includes(key))
  if (odd !== undefined)
    throw usageError(`the rule '${name}' returns '${odd}', which is not its state`, suggestion(odd, expected))
  const missing = expected.find((key) => results[key]?.type !== 'number')
  if (missing !== undefined)
    throw usageError(
      `the rule '${name}' returns ${show(results[missing])} as '${missing}', expected an expression`,
      'return x and every state; one that does not change is returned as it came',
    )
  return makeProgram(tensorNames, results)
}

function scalarFunction(hyper: Readonly<Record<string, Rate>>, program: Program): Rule['scalars'] {
  const evaluate = slotEvaluator(program.slots)
  const values: Record<string, number> = { t: 0 }
  const schedules: [string, Exclude<Rate, number>][] = []
  for (const [key, rate] of Object.entries(hyper)) {
    if (typeof rate === 'number') values[key] = rate
    else schedules.push([key, rate])
  }
  const { learningRate } = hyper as Readonly<Record<string, Rate>>
  return (at, out = new Float64Array(program.slots.length), rateFactor = 1) => {
    values.t = at.step + 1
    if (typeof learningRate === 'number') values.learningRate = learningRate
    for (const [key, schedule] of schedules) {
      const value = schedule(at)
      values[key] = Number.isFinite(value) ? value : checkRange(`${key} from ${rateText(schedule)}`, value, {})
    }
    if (rateFactor !== 1) values.learningRate *= rateFactor
    evaluate(values, out)
    return out
  }
}

/** Who steps by hand often has no epochs: then only a schedule that asks for the epoch is refused. */
function withoutEpoch(rule: string, step: number): At {
  return {
    step,
    get epoch(): number {
      throw usageError(
        `${rule}: a schedule depends on the epoch, which update was not told`,
        'give it as the fourth argument: rule.update(parameters, gradients, state, { epoch })',
      )
    },
  }
}

/** For each parameter its tensors in the order of the program: x, g, states. */
function matchTensors(
  rule: string,
  stateNames: readonly string[],
  parameters: ArrayTree,
  gradients: ArrayTree,
  state: RuleState,
): FloatArray[][] {
  const named = namedArrays('parameters', parameters)
  const columns = [named.map(([, array]) => array), matchArrays('gradients', gradients, named)]
  for (const key of stateNames) {
    const tree = state.tensors[key]
    if (tree === undefined) {
      const near = nearest(key, Object.keys(state.tensors))
      throw usageError(
        `the state has no '${key}', which ${rule} needs${near === undefined ? '' : ` (it has '${near}')`}`,
        'make it with rule.init(parameters)',
      )
    }
    columns.push(matchArrays(`state '${key}'`, tree, named))
  }
  return named.map((_, i) => columns.map((column) => column[i]))
}

const loops = new WeakMap<Program, Map<string, ArrayUpdate>>()

function loopFor(program: Program, x: FloatArray): ArrayUpdate {
  const type = x instanceof Float32Array ? 'float32' : 'float64'
  const known = loops.get(program) ?? new Map<string, ArrayUpdate>()
  loops.set(program, known)
  const loop = known.get(type) ?? compileArrays(program, type)
  known.set(type, loop)
  return loop
}
