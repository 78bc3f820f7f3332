/** @file What an update rule is: types, which rules, groups of them and their three forms share. */

import type { Algebra, Expression } from './expression.ts'
import type { ArrayTree } from './parameters.ts'
import type { Program } from './program.ts'
import type { At, Rate } from './rate.ts'

/** What a state tensor holds before the first step: zeros, one number everywhere, or a copy of the parameter. */
export type Initial = 'zeros' | 'parameter' | number

/** A rule's memory for a set of parameters: for each state name a tree like that of the parameters. */
export interface RuleState {
  /** Updates made so far. */
  step: number
  readonly tensors: Readonly<Record<string, ArrayTree>>
}

/** Gradients are shortened before the rule takes them: g ← g · min(1, norm/‖g‖) (Pascanu, Mikolov and Bengio 2013, algorithm 1). */
export interface NormClip {
  /** > 0. */
  readonly norm: number
  /** Whose norm: of all gradients together, or of each tensor for itself. */
  readonly by: 'global' | 'tensor'
}

/** A definition in which all that is named is there. */
export interface CompleteDefinition {
  readonly name: string
  readonly hyper: Readonly<Record<string, Rate>>
  readonly state: Readonly<Record<string, Initial>>
  readonly clip?: NormClip
  /** Of the shortened gradient, where there is a `clip`. */
  readonly update: (
    op: Algebra,
    tensors: Readonly<Record<string, Expression>>,
    scalars: Readonly<Record<string, Expression>>,
  ) => Readonly<{ x: Expression } & Record<string, Expression>>
}

/** Some of the parameters, and the rule that updates them. */
export interface RulePart {
  readonly rule: Rule
  /** Places in the list of names that was asked about, rising. */
  readonly members: readonly number[]
}

/**
 * How parameters are updated: by one rule (`Rule`), or by one for each group of them (`groups`). It holds no state: one may serve
 * many nets.
 */
export interface UpdateRule {
  readonly name: string
  readonly dialect: string | undefined
  /** Of groups: those of the parameters that no pattern names. */
  readonly hyper: Readonly<Record<string, Rate>>
  /** Of groups: all that any of them needs. */
  readonly state: Readonly<Record<string, Initial>>
  /** Whether, and to which norm, gradients are shortened first. */
  readonly clip?: NormClip
  /** In words: `momentum (cs231n), learningRate 0.1, mu 0.9`. */
  readonly description: string
  /**
   * Which rule updates which parameters.
   *
   * @param names of all parameters
   * @throws RappelError 'usage' when a group has no parameter
   */
  parts(names: readonly string[]): readonly RulePart[]
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

/** One rule for all parameters, with its settings: arithmetic for each element. */
export interface Rule extends UpdateRule {
  /** What the forms are made from. */
  readonly program: Program
  /** The arithmetic as it was written, for rules that are made of this one. */
  readonly definition: CompleteDefinition
  /** Place of the factor that shortens the gradient among the slots; −1 where there is none. */
  readonly clipSlot: number
  /**
   * The scalars of one step, in the order of `program.slots`: what the WebAssembly and ONNX forms take. The factor that shortens
   * the gradient, which depends on it, is 1 here: whoever has the gradient puts it at `clipSlot`.
   *
   * @param out is filled and returned; default: a new array
   * @param rateFactor multiplies the learning rate, where the rule has one of that name; default 1
   * @throws RappelError 'usage' when a schedule gives a value out of range
   */
  scalars(at: At, out?: Float64Array, rateFactor?: number): Float64Array
}
