/** @file Rappel as a peer: the stepper that `train` uses, with the case's weights and batches. */
import { readFileSync } from 'node:fs'
import { nativeEngine } from '../../src/engine/native.ts'
import { softmaxCrossEntropy, squaredError } from '../../src/nn/loss.ts'
import type { Layer } from '../../src/nn/model.ts'
import * as nn from '../../src/nn/nn.ts'
import { momentum } from '../../src/optim/momentum.ts'
import type { At } from '../../src/optim/rate.ts'
import { type NetDescription, trainingGraph } from '../../src/train/graphs.ts'
import { currentParameters, initialState } from '../../src/train/state.ts'
import { chooseForm, makeStepper } from '../../src/train/stepper.ts'
import { type Case, shapesOf } from '../cases.ts'
import type { LayerSpec } from '../nets.ts'
import { type Peer, type Prepared, THREADS } from './peer.ts'

/** Steps in one call where the form takes several, as in the training loop. */
const STEPS_AT_ONCE = 50

const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

export const rappel: Peer = {
  name: 'Rappel',
  version: manifest.version,
  available: async () => true,
  prepare,
}

async function prepare(work: Case): Promise<Prepared> {
  const { batchSize, batches } = work
  const engine = await nativeEngine()
  const net = netOf(work)
  const rule = momentum({ learningRate: work.learningRate, momentum: work.momentum })
  const given = work.parameters.flat()
  const values = given.reduce((sum, { length }) => sum + length, 0)
  const form = chooseForm(engine, rule, values)
  const state = initialState(trainingGraph(net, batchSize), rule, 0, form === 'wasm' ? 1 : 2)
  Object.values(currentParameters(state)).forEach(({ data }, i) => {
    data.set(given[i])
  })
  const most = form === 'wasm' ? 1 : STEPS_AT_ONCE
  const make = (steps: number) => makeStepper(engine, net, rule, state, { form, batchSize, steps })
  const steppers = new Map([
    [most, await make(most)],
    [1, await make(1)],
  ])
  let loss = Number.NaN
  const run = async (steps: number) => {
    const stepper = steppers.get(steps) as Awaited<ReturnType<typeof make>>
    const at: At[] = []
    for (let i = 0; i < steps; i++) {
      const { inputs, targets } = batches[(state.step + i) % batches.length]
      // Copied in every step, as training does: the next batch is never where the last one was.
      stepper.inputs.set(inputs, i * inputs.length)
      ;(stepper.targets as Float32Array).set(targets, i * targets.length)
      at.push({ epoch: 0, step: state.step + i })
    }
    const pending = stepper.run(at)
    if (pending !== undefined) await pending
    loss = stepper.losses[steps - 1]
  }
  return {
    form: describe(form, most, steppers.get(most)?.threads ?? 0),
    async step(count) {
      for (let left = count; left > 0; ) {
        const steps = left >= most ? most : 1
        await run(steps)
        left -= steps
      }
    },
    loss: async () => loss,
    close() {},
  }
}

function describe(form: 'wasm' | 'nodes', steps: number, threads: number): string {
  const update = form === 'wasm' ? 'update in WebAssembly' : `update in the graph, ${steps} steps a call`
  return `onnxruntime-node, ${update}, ${threads} of ${THREADS} threads`
}

export function netOf(work: Case): NetDescription {
  const outputs = shapesOf(work)[work.layers.length]
  return {
    model: nn.sequential(...work.layers.map(layerOf)),
    loss: work.loss === 'squaredError' ? squaredError() : softmaxCrossEntropy(),
    featureShape: work.inputShape,
    targetShape: work.loss === 'squaredError' ? outputs : [],
  }
}

function layerOf(layer: LayerSpec): Layer {
  switch (layer.kind) {
    case 'dense':
      return nn.dense(layer.units)
    case 'conv':
      return nn.conv2d(layer.filters, layer.kernel, { padding: layer.padding, ...(!layer.bias && { bias: false }) })
    case 'lstm':
      return nn.lstm(layer.units)
    case 'maxPool':
      return nn.maxPool(layer.size)
    case 'averagePool':
      return nn.averagePool(layer.size)
    case 'batchNorm':
      return nn.batchNorm()
    case 'relu':
      return nn.relu()
    case 'tanh':
      return nn.tanh()
    case 'flatten':
      return nn.flatten()
  }
}
