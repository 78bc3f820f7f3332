/** @file How large first values of a weight usually are. */
import type { History } from '../history.ts'
import type { Weight } from './weights.ts'

/** Operators that let half of a signal's square through: He's factor 2. */
const halving = new Set(['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Gelu', 'Selu', 'ThresholdedRelu'])

/** He's √(2/fanIn) in nets with ReLUs and their like, else LeCun's √(1/fanIn). */
export function usualDeviation(run: History, { fanIn, isLast }: Pick<Weight, 'fanIn' | 'isLast'>): number {
  const kinds = run.start?.graph?.nonlinear ?? (run.start?.layers ?? []).map(({ kind }) => operatorOf(kind))
  return Math.sqrt((!isLast && kinds.some((kind) => halving.has(kind)) ? 2 : 1) / fanIn)
}

const operatorOf = (kind: string) => kind.charAt(0).toUpperCase() + kind.slice(1)
