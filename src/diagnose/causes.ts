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
  // Of the update. A wrong step makes all that follows from wrong steps, a rule that is wrong comes before the rate that it is given.
  'wrong-sign': [
    'loss-rises',
    'diverged',
    'lr-too-high',
    'unstable',
    'exploding-gradient',
    'underfitting',
    'saturation',
  ],
  'loss-reduction': [
    'initial-loss-high',
    'lr-too-high',
    'lr-too-low',
    'diverged',
    'loss-rises',
    'unstable',
    'train-longer',
    'dead-units',
    'exploding-gradient',
    'vanishing-gradient',
    'regularisation-too-strong',
    'underfitting',
  ],
  'gradient-accumulated': ['momentum-too-high', 'lr-too-high', 'unstable', 'diverged', 'loss-rises', 'dead-units'],
  'first-steps-too-large': ['lr-too-high', 'diverged', 'unstable', 'dead-units', 'saturation', 'underfitting'],
  'momentum-too-high': ['lr-too-high', 'unstable', 'diverged', 'dead-units', 'saturation', 'underfitting'],
  'lr-too-high': ['diverged', 'loss-rises', 'unstable', 'dead-units', 'saturation', 'underfitting', 'train-longer'],
  'loss-rises': ['diverged', 'unstable'],
  diverged: ['unstable', 'dead-units', 'saturation'],
  'clipping-too-tight': ['lr-too-low', 'train-longer', 'underfitting'],
  'schedule-too-fast': ['lr-too-low', 'train-longer', 'underfitting', 'frozen-layer'],
  'lr-too-low': ['train-longer', 'underfitting', 'frozen-layer'],
  'train-longer': ['underfitting'],
}
