/** @file Constraints on the weights: where a parameter is brought back to after every update. */
import { checkRange, show, suggestion, usageError } from '../base/errors.ts'
import { ownerOf, type Parameter } from './model.ts'
import { type UnitLayout, unitLayout } from './units.ts'

/**
 * A bound on weights that holds after every update. A penalty is a term of the loss; a constraint adds nothing to it, and the
 * update rule does not know of it.
 */
export interface Constraint {
  readonly name: string
  /**
   * What it says of each parameter of a net; undefined: nothing.
   *
   * @throws RappelError 'usage' when it names what the net does not have, or a parameter that does not say where its units lie
   */
  limits(parameters: readonly Parameter[]): readonly (NormLimit | undefined)[]
}

/** A bound on the norm of each unit's incoming weights. */
export interface NormLimit extends UnitLayout {
  /** The greatest norm. */
  readonly most: number
}

/**
 * Max-norm: after every update, a unit whose incoming weights have a Euclidean norm above c gets them scaled down to the norm c;
 * the others stay as they are, bit for bit. Biases and other parameters that penalties leave out are left out. Srebro and Shraibman
 * 2005; Srivastava et al. 2014, section 5.1; CS231n notes, part 2, where 3 or 4 are the usual values. It goes well with dropout and
 * high learning rates, since weights cannot grow without bound.
 *
 * What a unit is says the layer: a column of a dense weight, a filter of a convolution, a gate's unit in a recurrent layer (its
 * weights from the input and from the step before each have their own norm), a word's vector in an embedding.
 *
 * @param most c > 0 for all weights; or by name of a layer ('dense1', also a block of layers) or of a parameter ('dense1.weight'), where
 *   the longest name that fits counts and weights without one are left free
 */
export function maxNorm(most: number | Readonly<Record<string, number>>): Constraint {
  if (typeof most === 'number') {
    checkRange('maxNorm', most, { min: 0, open: 'min' })
    return {
      name: `maxNorm(${most})`,
      limits: (parameters) => parameters.map((p) => (p.penalised ? limitOf(p, most) : undefined)),
    }
  }
  const names = isRecord(most) ? Object.keys(most) : []
  if (!isRecord(most) || names.length === 0)
    throw usageError(`maxNorm is ${show(most)}, expected a number, or numbers by name of layer`, 'such as maxNorm(3)')
  for (const name of names) checkRange(`maxNorm of '${name}'`, most[name], { min: 0, open: 'min' })
  return {
    name: `maxNorm(${names.map((name) => `${name}: ${most[name]}`).join(', ')})`,
    limits(parameters) {
      checkNames(names, parameters)
      return parameters.map((parameter) => {
        const name = ownerOf(parameter, names)
        return name !== undefined && applies(name, parameter) ? limitOf(parameter, most[name]) : undefined
      })
    },
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, number>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A layer's name stands for its weights, a parameter's own name for that parameter. */
function applies(name: string, parameter: Parameter): boolean {
  return parameter.name === name || (parameter.penalised && ownerOf(parameter, [name]) !== undefined)
}

function checkNames(names: readonly string[], parameters: readonly Parameter[]): void {
  const odd = names.find((name) => !parameters.some((parameter) => applies(name, parameter)))
  if (odd === undefined) return
  const weights = parameters.filter(({ penalised }) => penalised).map(({ name }) => name)
  const layers = weights.map((name) => name.slice(0, name.lastIndexOf('.'))).filter((name) => name !== '')
  throw usageError(`maxNorm: the net has no weights '${odd}'`, suggestion(odd, [...new Set([...layers, ...weights])]))
}

function limitOf(parameter: Parameter, most: number): NormLimit {
  const layout = unitLayout(parameter)
  if (layout !== undefined) return { most, ...layout }
  throw usageError(
    `maxNorm: the parameter '${parameter.name}' does not say along which axis its units lie`,
    'where the layer asks for it, give context.parameter() the option unitAxis',
  )
}
