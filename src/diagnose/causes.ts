/** @file One cause, one finding: what follows from what. */
import type { FindingCode } from './finding.ts'

/** What a run looks like that learns nothing, or little. */
const standingStill: readonly FindingCode[] = [
  'vanishing-gradient',
  'lr-too-low',
  'train-longer',
  'schedule-too-fast',
  'underfitting',
  'no-signal',
]
/** What a run looks like whose updates throw it about. */
const throwing: readonly FindingCode[] = ['lr-too-high', 'unstable', 'diverged', 'loss-rises', 'momentum-too-high']
/** Weights near 0. */
const shrinkingAway: readonly FindingCode[] = ['init-too-small', 'dead-units', 'unstable', 'loss-rises', 'frozen-layer']

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
  // Signal flow: a net through which nothing passes does not learn, whatever the rate.
  'zero-init': [...standingStill, 'symmetric-units', 'init-too-small', 'dead-units', 'frozen-layer', 'saturation'],
  'symmetric-units': [...standingStill, 'dead-units', 'frozen-layer', 'unstable', 'lr-too-high'],
  'init-too-small': [...standingStill, 'dead-units', 'frozen-layer', 'unstable'],
  'init-too-large': [
    ...standingStill,
    ...throwing,
    'initial-loss-high',
    'saturation',
    'dead-units',
    'exploding-gradient',
    'first-steps-too-large',
    'frozen-layer',
    'overfitting',
  ],
  'initial-loss-high': ['first-steps-too-large'],
  'vanishing-gradient': standingStill.filter((code) => code !== 'vanishing-gradient'),
  'exploding-gradient': [...throwing, 'first-steps-too-large', 'saturation', 'underfitting'],
  'dead-units': [...standingStill, 'frozen-layer'],
  saturation: standingStill,
  'frozen-layer': standingStill,
  'batchnorm-statistics': [
    'overfitting',
    'underfitting',
    'unstable',
    'little-data',
    'validation-preprocessing',
    'train-validation-mismatch',
    'vanishing-gradient',
  ],
  // The objective keeps the net from its data.
  'double-softmax': [...standingStill, 'saturation', 'label-noise'],
  'no-nonlinearity': ['underfitting', 'train-longer', 'lr-too-low'],
  'regularisation-too-strong': [...standingStill, ...shrinkingAway],
  'decay-scale': [...standingStill, ...shrinkingAway],
  'dropout-too-strong': [...standingStill, ...throwing, 'dead-units', 'label-noise', 'saturation'],
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
