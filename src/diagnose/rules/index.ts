/** @file All rules, one for each code. */
import type { FindingCode } from '../finding.ts'
import type { DiagnosisRule } from '../rule.ts'
import { classImbalance } from './data/class-imbalance.ts'
import { constantFeature } from './data/constant-feature.ts'
import { featureScale } from './data/feature-scale.ts'
import { inputsNotNormalised } from './data/inputs-not-normalised.ts'
import { labelNoise } from './data/label-noise.ts'
import { labelsWrong } from './data/labels-wrong.ts'
import { littleData } from './data/little-data.ts'
import { nanInInputs } from './data/nan-in-inputs.ts'
import { noSignal } from './data/no-signal.ts'
import { notShuffled } from './data/not-shuffled.ts'
import { targetsNotScaled } from './data/targets-not-scaled.ts'
import { trainValidationLeak } from './data/train-validation-leak.ts'
import { trainValidationMismatch } from './data/train-validation-mismatch.ts'
import { validationPreprocessing } from './data/validation-preprocessing.ts'
import { decayScale } from './objective/decay-scale.ts'
import { doubleSoftmax } from './objective/double-softmax.ts'
import { dropoutTooStrong } from './objective/dropout-too-strong.ts'
import { noNonlinearity } from './objective/no-nonlinearity.ts'
import { overfitting } from './objective/overfitting.ts'
import { regularisationTooStrong } from './objective/regularisation-too-strong.ts'
import { underfitting } from './objective/underfitting.ts'
import { wrongGradient } from './objective/wrong-gradient.ts'
import { batchnormStatistics } from './signal/batchnorm-statistics.ts'
import { deadUnits } from './signal/dead-units.ts'
import { explodingGradient } from './signal/exploding-gradient.ts'
import { frozenLayer } from './signal/frozen-layer.ts'
import { initTooLarge } from './signal/init-too-large.ts'
import { initTooSmall } from './signal/init-too-small.ts'
import { initialLossHigh } from './signal/initial-loss-high.ts'
import { saturation } from './signal/saturation.ts'
import { symmetricUnits } from './signal/symmetric-units.ts'
import { vanishingGradient } from './signal/vanishing-gradient.ts'
import { zeroInit } from './signal/zero-init.ts'
import { clippingTooTight } from './update/clipping-too-tight.ts'
import { diverged } from './update/diverged.ts'
import { firstStepsTooLarge } from './update/first-steps-too-large.ts'
import { gradientAccumulated } from './update/gradient-accumulated.ts'
import { lossReduction } from './update/loss-reduction.ts'
import { lossRises } from './update/loss-rises.ts'
import { lrTooHigh } from './update/lr-too-high.ts'
import { lrTooLow } from './update/lr-too-low.ts'
import { momentumTooHigh } from './update/momentum-too-high.ts'
import { scheduleTooFast } from './update/schedule-too-fast.ts'
import { trainLonger } from './update/train-longer.ts'
import { unstable } from './update/unstable.ts'
import { wrongSign } from './update/wrong-sign.ts'

export const rules: Readonly<Record<FindingCode, DiagnosisRule>> = {
  'lr-too-high': lrTooHigh,
  'lr-too-low': lrTooLow,
  unstable: unstable,
  diverged: diverged,
  'loss-rises': lossRises,
  'wrong-sign': wrongSign,
  'first-steps-too-large': firstStepsTooLarge,
  'momentum-too-high': momentumTooHigh,
  'schedule-too-fast': scheduleTooFast,
  'clipping-too-tight': clippingTooTight,
  'gradient-accumulated': gradientAccumulated,
  'loss-reduction': lossReduction,
  'train-longer': trainLonger,
  'zero-init': zeroInit,
  'symmetric-units': symmetricUnits,
  'init-too-large': initTooLarge,
  'init-too-small': initTooSmall,
  'initial-loss-high': initialLossHigh,
  'vanishing-gradient': vanishingGradient,
  'exploding-gradient': explodingGradient,
  'dead-units': deadUnits,
  saturation: saturation,
  'frozen-layer': frozenLayer,
  'batchnorm-statistics': batchnormStatistics,
  'inputs-not-normalised': inputsNotNormalised,
  'feature-scale': featureScale,
  'constant-feature': constantFeature,
  'nan-in-inputs': nanInInputs,
  'targets-not-scaled': targetsNotScaled,
  'labels-wrong': labelsWrong,
  'label-noise': labelNoise,
  'no-signal': noSignal,
  'class-imbalance': classImbalance,
  'little-data': littleData,
  'not-shuffled': notShuffled,
  'train-validation-leak': trainValidationLeak,
  'validation-preprocessing': validationPreprocessing,
  'train-validation-mismatch': trainValidationMismatch,
  'double-softmax': doubleSoftmax,
  'no-nonlinearity': noNonlinearity,
  'wrong-gradient': wrongGradient,
  overfitting: overfitting,
  underfitting: underfitting,
  'regularisation-too-strong': regularisationTooStrong,
  'decay-scale': decayScale,
  'dropout-too-strong': dropoutTooStrong,
}
