/** @file One cause, one finding: what follows from what. */
import type { FindingCode } from './finding.ts'

/** For each cause the findings that are its symptoms: while it is reported, they are not. */
export const symptoms: Readonly<Partial<Record<FindingCode, readonly FindingCode[]>>> = {
  'nan-in-inputs': [
    'diverged',
    'constant-feature',
    'feature-scale',
    'inputs-not-normalised',
    'no-signal',
    'dead-units',
  ],
}
