/** @file To practise on: update and signal flow. */
import type { Situation } from '../../situation.ts'

export const practiceUpdate: readonly Omit<Situation, 'half'>[] = []
