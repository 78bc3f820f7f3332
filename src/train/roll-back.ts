/** @file Rolling back: what a run does after a divergence, where it is told to go on. */
import { checkInteger, checkOptions, checkRange } from '../base/errors.ts'

/** After a divergence the run goes on from before it, with lower learning rates. */
export interface RollBack {
  /** All learning rates are multiplied by it, in (0, 1); default 0.1. */
  readonly factor?: number
  /** How often at most; default 3. */
  readonly times?: number
}

/** @throws RappelError 'usage' that says which option does not fit */
export function checkRollBack({ factor = 0.1, times = 3, ...others }: RollBack): void {
  checkOptions('rollBack', others, ['factor', 'times'])
  checkRange('rollBack: factor', factor, { min: 0, max: 1, open: 'both' })
  checkInteger('rollBack: times', times, 1)
}
