/** @file The scored half. */
import { type Situation, situations } from '../../situation.ts'

export const scored: readonly Situation[] = situations('scored', [])
