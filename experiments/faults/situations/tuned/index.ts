/** @file The tuned half: what those who write rules may look at. */
import { type Situation, situations } from '../../situation.ts'
import { healthy } from './healthy.ts'

export const tuned: readonly Situation[] = situations('tuned', [...healthy])
