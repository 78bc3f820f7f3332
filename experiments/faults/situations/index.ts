/** @file All situations of the library, and those to practise on. */
import type { Situation } from '../situation.ts'
import { scored } from './scored/index.ts'
import { tuned } from './tuned/index.ts'

export { practice } from './tuned/practice.ts'

/** Both halves. */
export const allSituations: readonly Situation[] = [...tuned, ...scored]
