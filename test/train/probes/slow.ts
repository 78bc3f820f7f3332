/**
 * @file The slow twin of the probes: a net of two hidden layers by plain loops in float64, forwards and backwards, no code shared
 * with what it checks. dense → relu → dropout → dense → tanh → dense, softmax cross-entropy, ½λΣw² on the weights.
 */
import { dense, dropout, relu, sequential, tanh } from '../../../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../../../src/nn/loss.ts'
import { l2 } from '../../../src/nn/penalty.ts'
import { momentum } from '../../../src/optim/momentum.ts'
import { makePlan, type PlanParts, type TrainingPlan } from '../../../src/train/plan.ts'
import type { Probe } from '../../../src/train/probes/probe.ts'
import { blobs } from '../nets.ts'

const [features, hidden, classes] = [6, 8, 3]
export const narrow = 5
const [rate, strength] = [0.3, 0.02]
export const [learningRate, mu] = [0.1, 0.9]
export const names = ['dense1.weight', 'dense1.bias', 'dense2.weight', 'dense2.bias', 'dense3.weight', 'dense3.bias']

export function slowPlan(parts: Partial<PlanParts> = {}): TrainingPlan {
  return makePlan({
    model: sequential(dense(hidden), relu(), dropout(rate), dense(narrow), tanh(), dense(classes)),
    loss: softmaxCrossEntropy(),
    penalty: l2(strength),
    update: momentum({ learningRate, momentum: mu }),
    training: blobs(64, features, classes),
    epochs: 2,
    batchSize: 8,
    seed: 5,
    ...parts,
  })
}

export type Numbers = readonly number[]

/** What a step took: all that the twin needs. */
export interface Snapshot {
  readonly step: number
  readonly weights: readonly Numbers[]
  readonly inputs: Numbers
  readonly targets: Numbers
  /** Dropout's uniform numbers. */
  readonly uniform: Numbers
}

/** Copies every step's parameters and batch. */
export function spy(): { readonly probe: Probe; readonly steps: Snapshot[] } {
  const steps: Snapshot[] = []
  const probe: Probe = {
    name: 'spy',
    cadence: { everySteps: 1 },
    measure({ step, weights, batch }) {
      const { inputs, targets, random } = batch()
      steps.push({
        step,
        weights: weights().map((values) => [...values]),
        inputs: [...inputs],
        targets: [...targets],
        uniform: [...random['dropout1.uniform'].data],
      })
      return undefined
    },
  }
  return { probe, steps }
}

/** x [rows, n] · w [n, m] + b */
function affine(x: Numbers, w: Numbers, b: Numbers): number[] {
  const [m, n] = [b.length, w.length / b.length]
  return Array.from({ length: (x.length / n) * m }, (_, at) => {
    const [row, column] = [Math.floor(at / m), at % m]
    let sum = b[column]
    for (let i = 0; i < n; i++) sum += x[row * n + i] * w[i * m + column]
    return sum
  })
}

/** Gradients of an affine layer from that of its output. */
function affineBack(x: Numbers, w: Numbers, dy: Numbers, m: number) {
  const n = w.length / m
  const rows = dy.length / m
  const [dx, dw, db] = [x.map(() => 0), w.map(() => 0), new Array<number>(m).fill(0)]
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < m; column++) {
      const d = dy[row * m + column]
      db[column] += d
      for (let i = 0; i < n; i++) {
        dw[i * m + column] += x[row * n + i] * d
        dx[row * n + i] += w[i * m + column] * d
      }
    }
  return { dx, dw, db }
}

export interface Passed {
  readonly loss: number
  readonly penalty: number
  /** Of the objective, in the order of `names`. */
  readonly gradients: readonly Numbers[]
  /** Outputs and the objective's gradient by them, by the layers' names. */
  readonly layers: Readonly<Record<string, { readonly output: Numbers; readonly gradient: Numbers }>>
}

/** One pass. Without uniform numbers dropout is off. */
export function pass(weights: readonly Numbers[], inputs: Numbers, targets: Numbers, uniform?: Numbers): Passed {
  const [w1, b1, w2, b2, w3, b3] = weights
  const rows = targets.length
  const z1 = affine(inputs, w1, b1)
  const a1 = z1.map((z) => Math.max(0, z))
  const mask = a1.map((_, i) => (uniform === undefined ? 1 : uniform[i] >= rate ? 1 / (1 - rate) : 0))
  const d1 = a1.map((a, i) => a * mask[i])
  const z2 = affine(d1, w2, b2)
  const a2 = z2.map(Math.tanh)
  const z3 = affine(a2, w3, b3)
  let loss = 0
  const dz3 = z3.map(() => 0)
  for (let row = 0; row < rows; row++) {
    const scores = z3.slice(row * classes, (row + 1) * classes)
    const sum = scores.reduce((total, s) => total + Math.exp(s), 0)
    loss -= Math.log(Math.exp(scores[targets[row]]) / sum) / rows
    scores.forEach((s, k) => {
      dz3[row * classes + k] = (Math.exp(s) / sum - (k === targets[row] ? 1 : 0)) / rows
    })
  }
  const third = affineBack(a2, w3, dz3, classes)
  const dz2 = third.dx.map((d, i) => d * (1 - a2[i] ** 2))
  const second = affineBack(d1, w2, dz2, narrow)
  const da1 = second.dx.map((d, i) => d * mask[i])
  const dz1 = da1.map((d, i) => (z1[i] > 0 ? d : 0))
  const first = affineBack(inputs, w1, dz1, hidden)
  const penalised = (dw: Numbers, w: Numbers) => dw.map((d, i) => d + strength * w[i])
  return {
    loss,
    penalty: (strength / 2) * [w1, w2, w3].flat().reduce((sum, w) => sum + w * w, 0),
    gradients: [
      penalised(first.dw, w1),
      first.db,
      penalised(second.dw, w2),
      second.db,
      penalised(third.dw, w3),
      third.db,
    ],
    layers: {
      dense1: { output: z1, gradient: dz1 },
      relu1: { output: a1, gradient: da1 },
      dropout1: { output: d1, gradient: second.dx },
      dense2: { output: z2, gradient: dz2 },
      tanh1: { output: a2, gradient: third.dx },
      dense3: { output: z3, gradient: dz3 },
    },
  }
}

export const norm = (values: Numbers) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))
export const magnitude = (values: Numbers) => values.reduce((sum, x) => sum + Math.abs(x), 0)
export const minus = (a: Numbers, b: Numbers) => a.map((x, i) => x - b[i])
export const dot = (a: Numbers, b: Numbers) => a.reduce((sum, x, i) => sum + x * b[i], 0)
