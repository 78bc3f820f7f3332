/** @file From which size on a second thread pays: steps of growing nets with 1 and with all threads, interleaved. */
import { nativeEngine } from '../src/engine/native.ts'
import { arithmetic } from '../src/engine/threads.ts'
import { dense, relu, sequential } from '../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../src/nn/loss.ts'
import { momentum } from '../src/optim/momentum.ts'
import { type NetDescription, trainingGraph } from '../src/train/graphs.ts'
import { initialState } from '../src/train/state.ts'
import { makeStepper } from '../src/train/stepper.ts'

const widths = [8, 16, 32, 64, 128, 256, 512]
const batchSize = 64
const rounds = 15
const stepsARound = 40

const engine = await nativeEngine()
const rule = momentum({ learningRate: 0.01 })
console.log(
  `${batchSize} examples, 64-width-width-10; ms per step, medians of ${rounds} rounds; threads 1 and ${engine.cores}\n`,
)
console.log('width  million multiply-adds   1 thread   all threads')
for (const width of widths) {
  const net: NetDescription = {
    model: sequential(dense(width), relu(), dense(width), relu(), dense(10)),
    loss: softmaxCrossEntropy(),
    featureShape: [64],
    targetShape: [],
  }
  const said = trainingGraph(net, batchSize)
  const contestants = await Promise.all(
    [1, engine.cores].map(async (threads) => {
      const state = initialState(said, rule, 0, 1)
      return makeStepper(engine, net, rule, state, { form: 'wasm', batchSize, steps: 1, threads })
    }),
  )
  const times: number[][] = contestants.map(() => [])
  for (let round = 0; round < rounds + 3; round++) {
    contestants.forEach((stepper, i) => {
      const start = performance.now()
      for (let step = 0; step < stepsARound; step++) stepper.run([{ epoch: 0, step }])
      // The first rounds warm up.
      if (round >= 3) times[i].push((performance.now() - start) / stepsARound)
    })
  }
  const [one, all] = times.map((list) => list.sort((a, b) => a - b)[rounds >> 1].toFixed(3))
  console.log(
    `${String(width).padStart(5)}  ${(arithmetic(said.graph) / 1e6).toFixed(2).padStart(21)}  ${one.padStart(9)}  ${all.padStart(12)}`,
  )
  for (const stepper of contestants) await stepper.release()
}
