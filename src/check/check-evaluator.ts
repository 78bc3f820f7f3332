/** @file The core of the gradient check: an evaluator in, a report out. */
import type { Evaluator } from './evaluator.ts'
import { type CheckOptions, settingsOf } from './options.ts'
import type { GradientReport } from './report.ts'

/**
 * Checks a gradient against differences of the loss (PROCESS.md, section 1).
 *
 * @throws RappelError 'usage' for wrong options; what the evaluator throws. A wrong gradient is a report, not an error
 */
export async function checkEvaluator(evaluator: Evaluator, options: CheckOptions = {}): Promise<GradientReport> {
  settingsOf(options)
  const { loss } = await evaluator.analytic()
  throw new Error(`not finished, loss ${loss}`)
}
