/** @file What probes cost: the time of a run with them over that of the same run without, in turns. README.md says what is compared. */
import { parseArgs } from 'node:util'
import { RandomStream } from '../src/base/random.ts'
import { tensor } from '../src/base/tensor.ts'
import { dataset } from '../src/data/dataset.ts'
import { nativeEngine } from '../src/engine/native.ts'
import { conv2d } from '../src/nn/convolution.ts'
import { dense, flatten, relu, sequential } from '../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../src/nn/loss.ts'
import type { Layer } from '../src/nn/model.ts'
import { maxPool } from '../src/nn/pooling.ts'
import { momentum } from '../src/optim/momentum.ts'
import { runTraining } from '../src/train/loop.ts'
import { makePlan } from '../src/train/plan.ts'
import * as probe from '../src/train/probes/index.ts'
import type { Probe } from '../src/train/probes/probe.ts'
import { machine, machineText } from './report.ts'

interface Net {
  readonly name: string
  readonly featureShape: readonly number[]
  readonly batchSize: number
  readonly model: () => Layer
}

const nets: readonly Net[] = [
  {
    name: 'mlp',
    featureShape: [784],
    batchSize: 128,
    model: () => sequential(dense(512), relu(), dense(256), relu(), dense(10)),
  },
  {
    name: 'lenet',
    featureShape: [1, 28, 28],
    batchSize: 64,
    model: () =>
      sequential(
        ...[conv2d(20, 5), maxPool(2), conv2d(50, 5), maxPool(2)],
        ...[flatten(), dense(500), relu(), dense(10)],
      ),
  },
]

const sets: Readonly<Record<string, () => Probe[]>> = {
  'the standard ones, as often as by default': probe.standard,
  'norms at every step': () => [probe.norms({ cadence: { everySteps: 1 } })],
}

const { values: options } = parseArgs({
  options: {
    net: { type: 'string', multiple: true, default: nets.map(({ name }) => name) },
    rounds: { type: 'string', default: '7' },
    steps: { type: 'string', default: '500' },
  },
})
console.log(`${machineText(machine())}\n`)
const engine = await nativeEngine()
for (const net of nets.filter(({ name }) => options.net.includes(name))) await measure(net)

async function measure({ name, featureShape, batchSize, model }: Net): Promise<void> {
  const steps = Number(options.steps)
  const rows = steps * batchSize
  const data = pictures(rows, featureShape)
  const plan = (probes: readonly Probe[]) =>
    makePlan({
      model: model(),
      loss: softmaxCrossEntropy(),
      update: momentum({ learningRate: 0.01, momentum: 0.9 }),
      training: data,
      epochs: 1,
      batchSize,
      seed: 1,
      probes,
    })
  const time = async (probes: readonly Probe[]) => {
    const { stepsPerSecond, start } = await runTraining(plan(probes), engine, { now: () => performance.now() })
    return { milliseconds: 1000 / (stepsPerSecond as number), form: start.form, threads: start.threads }
  }
  const { milliseconds, form, threads } = await time([])
  console.log(
    `${name}, batch ${batchSize}, ${steps} steps an epoch, ${form}, ${threads} threads: ${milliseconds.toFixed(3)} ms a step\n`,
  )
  console.log('| probes | time with : without | quartiles | without, ms a step |\n|---|---|---|---|')
  for (const [title, make] of Object.entries(sets)) {
    const [ratios, plain]: number[][] = [[], []]
    await time(make())
    for (let round = 0; round < Number(options.rounds); round++) {
      const order = round % 2 === 0 ? [[], make()] : [make(), []]
      const times: { milliseconds: number }[] = []
      for (const probes of order) times.push(await time(probes))
      const [without, withThem] = round % 2 === 0 ? times : times.toReversed()
      ratios.push(withThem.milliseconds / without.milliseconds)
      plain.push(without.milliseconds)
    }
    const [low, middle, high] = quartiles(ratios).map((ratio) => ratio.toFixed(3))
    console.log(`| ${title} | ${middle} | ${low} to ${high} | ${quartiles(plain)[1].toFixed(3)} |`)
  }
  console.log('')
}

/** Grey pictures of noise, and classes at random: the time does not depend on what is learnt. */
function pictures(rows: number, featureShape: readonly number[]) {
  const stream = new RandomStream(1, 'pictures')
  const inputs = Float32Array.from({ length: rows * 784 }, () => stream.uniform())
  return dataset({
    name: 'noise',
    inputs: tensor('float32', [rows, ...featureShape], inputs),
    targets: tensor(
      'int32',
      [rows],
      Int32Array.from({ length: rows }, () => stream.uint32() % 10),
    ),
    task: 'classification',
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
  })
}

function quartiles(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  return [0.25, 0.5, 0.75].map((share) => sorted[Math.round(share * (sorted.length - 1))])
}
