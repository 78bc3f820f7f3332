/** @file To practise on: data, model and objective. */
import type { Situation } from '../../situation.ts'

export const practiceObjective: readonly Omit<Situation, 'half'>[] = []
