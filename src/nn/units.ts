/** @file Where in a parameter the weights of each unit lie. */
import { RappelError } from '../base/errors.ts'
import { sizeOf, typeText } from '../base/tensor.ts'
import type { Parameter } from './model.ts'

/**
 * A parameter's values, in row-major order, seen as [groups, outer, units, inner]: a unit's incoming weights are those with one group
 * and one unit.
 */
export interface UnitLayout {
  readonly groups: number
  readonly outer: number
  readonly units: number
  readonly inner: number
}

/**
 * @returns undefined where the parameter does not say along which axis its units lie
 * @throws RappelError 'shape' where what it says does not fit its shape
 */
export function unitLayout({ name, value, unitAxis, unitGroups: groups = 1 }: Parameter): UnitLayout | undefined {
  if (unitAxis === undefined) return undefined
  const { shape } = value
  const units = shape[unitAxis]
  // Along axis 0 itself every unit has an index of its own: groups are no more than a part of it.
  if (units === undefined || (unitAxis > 0 && shape[0] % groups !== 0))
    throw new RappelError(
      'shape',
      `the parameter '${name}' is ${typeText(value)} with unitAxis ${unitAxis} and unitGroups ${groups}`,
      'unitAxis is one of its axes, and unitGroups divides its first dimension',
    )
  const inner = sizeOf(shape.slice(unitAxis + 1))
  if (unitAxis === 0) return { groups: 1, outer: 1, units, inner }
  return { groups, outer: sizeOf(shape.slice(0, unitAxis)) / groups, units, inner }
}
