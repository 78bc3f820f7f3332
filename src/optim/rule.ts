/**
 * @file Update rules. A rule is its arithmetic for one element, written once; the three forms are made from it: typed arrays
 * (here and in arrays.ts), a WebAssembly loop (wasm.ts), ONNX nodes (onnx.ts).
 *
 * What a rule can hold: any state of the parameter's shape; hyperparameters that follow schedules; whatever can be worked out
 * from them and the step count t, which is done on the host. What is not per element (a norm to clip by, Muon's
 * orthogonalisation) is computed before the rule and comes in as a gradient or a scalar.
 */
import { checkRange, show, suggestion, usageError } from '../base/errors.ts'
import { updateArrays } from './array-update.ts'
import { type Algebra, type Expression, Recorder } from './expression.ts'
import { allocate } from './parameters.ts'
import { makeProgram, type Program, slotEvaluator } from './program.ts'
import { type Rate, rateText } from './rate.ts'
import type { CompleteDefinition, Initial, NormClip, Rule } from './update-rule.ts'

export interface RuleDefinition<H extends string, S extends string> {
  readonly name: string
  /** Whose form of the rule it is, where forms differ. */
  readonly dialect?: string
  /** Hyperparameters, already checked. One that is undefined is not there with these settings. */
  readonly hyper: Readonly<Record<H, Rate | undefined>>
  /** State tensors, each of the parameter's shape. One that is undefined is not there with these settings. */
  readonly state: Readonly<Record<S, Initial | undefined>>
  /** Whether, and to which norm, gradients are shortened first. */
  readonly clip?: NormClip
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

/**
 * Makes an update rule from its definition (STYLE.md shows one; momentum.ts is another).
 *
 * @throws RappelError 'usage' when names clash or the update returns something else than x and the state
 */
export function rule<H extends string, S extends string>(definition: RuleDefinition<H, S>): Rule {
  const complete = completeOf(definition)
  const { name, hyper, state, clip } = complete
  const { dialect } = definition
  checkNames(complete)
  const program = record(complete)
  const scalars = scalarFunction(hyper, program)
  const stateNames = Object.keys(state)
  const settings = Object.entries(hyper).map(([key, rate]) => `${key} ${rateText(rate)}`)
  if (clip) settings.push(clipText(clip))
  const clipSlot = program.slots.findIndex((slot) => slot.kind === 'scalar' && slot.name === clipName)
  return {
    name,
    dialect,
    hyper,
    state,
    ...(clip && { clip }),
    clipSlot,
    program,
    definition: complete,
    description: [dialect === undefined ? name : `${name} (${dialect})`, ...settings].join(', '),
    scalars,
    parts(names) {
      return [{ rule: this, members: names.map((_, i) => i) }]
    },
    init(parameters) {
      const made = stateNames.map((key) => [key, allocate(parameters, state[key])])
      return { step: 0, tensors: Object.fromEntries(made) }
    },
    update(parameters, gradients, ruleState, at) {
      updateArrays(this, parameters, gradients, ruleState, at)
    },
  }
}

/** In words, after the other settings. */
export const clipText = ({ norm, by }: NormClip) => `gradient's ${by === 'global' ? 'global norm' : 'norms'} to ${norm}`

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
    ...(definition.clip && { clip: definition.clip }),
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
/** Name of the scalar that shortens the gradient: none that a rule's author would give. */
const clipName = 'gradient factor'

function record({ name, hyper, state, clip, update }: CompleteDefinition): Program {
  const op = new Recorder()
  const stateNames = Object.keys(state)
  const tensorNames = ['x', 'g', ...stateNames] as const
  const tensors = Object.fromEntries(tensorNames.map((key) => [key, op.tensor(key)]))
  const scalars = Object.fromEntries([...Object.keys(hyper), 't'].map((key) => [key, op.scalar(key)]))
  const taken = clip ? { ...tensors, g: op.mul(op.scalar(clipName), tensors.g) } : tensors
  const results = update(op, taken, scalars)
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
  const values: Record<string, number> = { t: 0, [clipName]: 1 }
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
