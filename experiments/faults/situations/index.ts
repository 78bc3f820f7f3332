/** @file All situations of the library. */
import type { Situation } from '../situation.ts'
import { scored } from './scored/index.ts'
import { tuned } from './tuned/index.ts'

export const allSituations: readonly Situation[] = [...tuned, ...scored]
