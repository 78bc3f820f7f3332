/** @file The numbers that PyTorch gave (test/fixtures/make_nn.py, make_nn_more.py). */
import { readFileSync } from 'node:fs'
import type { Shape } from '../../src/base/tensor.ts'

/** An array of a fixture, in row-major order. */
export interface Recorded {
  readonly shape: Shape
  readonly values: readonly number[]
}

export interface LayerCase {
  readonly input: Recorded
  readonly cotangent: Recorded
  readonly output: Recorded
  readonly inputGradient: Recorded
  readonly parameters: Readonly<Record<string, { readonly value: Recorded; readonly gradient: Recorded }>>
}

export interface LossCase {
  readonly output: Recorded
  readonly target: Recorded
  readonly perExample: Recorded
  /** Of the mean over the examples. */
  readonly gradient: Recorded
}

export interface TrainingCase {
  readonly settings: { readonly learningRate: number; readonly momentum: number; readonly l2: number }
  /** [steps, batch, features] and [steps, batch]. */
  readonly inputs: Recorded
  readonly targets: Recorded
  readonly start: Readonly<Record<string, Recorded>>
  readonly steps: readonly TrainingStep[]
  readonly float32: readonly TrainingStep[]
}

export interface TrainingStep {
  readonly loss: number
  readonly parameters: Readonly<Record<string, Recorded>>
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/nn/${name}.json`, import.meta.url), 'utf8'))
}

export const layerCases = (read('layers') as { cases: Record<string, LayerCase> }).cases
/** From make_convolution.py. */
export const convolutionCases = (read('convolution') as { cases: Record<string, LayerCase> }).cases
export const poolingCases = (read('pooling') as { cases: Record<string, LayerCase> }).cases
export const activationCases = (read('activations') as { cases: Record<string, LayerCase> }).cases
export const lossCases = (read('losses') as { cases: Record<string, LossCase> }).cases
export const trainingCase = read('training') as TrainingCase

/** An embedding's inputs have no gradient. */
export interface MoreLayerCase extends Omit<LayerCase, 'inputGradient'> {
  readonly inputGradient?: Recorded
}
export const moreLayerCases = (read('layers-more') as { cases: Record<string, MoreLayerCase> }).cases
export const moreLossCases = (read('losses-more') as { cases: Record<string, LossCase> }).cases
