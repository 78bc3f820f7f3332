/**
 * @file What the probe `descent` tells in healthy trainings and at rates that are not: the digits by 64-100-10, batch 100, ten epochs,
 * three seeds, each rule at its best rate of a ladder, from a thirtieth to ten times that. A table of docs/probes.md is made by it.
 */
import { digits } from '../src/data/digits.ts'
import { split } from '../src/data/split.ts'
import { fitStandardisation } from '../src/data/standardise.ts'
import { nativeEngine } from '../src/engine/native.ts'
import { dense, relu, sequential } from '../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../src/nn/loss.ts'
import { adam } from '../src/optim/adam.ts'
import { momentum } from '../src/optim/momentum.ts'
import { nesterov } from '../src/optim/nesterov.ts'
import { sgd } from '../src/optim/sgd.ts'
import type { Rule } from '../src/optim/update-rule.ts'
import { runTraining } from '../src/train/loop.ts'
import { makePlan } from '../src/train/plan.ts'
import { descent } from '../src/train/probes/index.ts'

const rules: Readonly<Record<string, (learningRate: number) => Rule>> = {
  SGD: (learningRate) => sgd({ learningRate }),
  'momentum 0.9': (learningRate) => momentum({ learningRate, momentum: 0.9 }),
  'Nesterov 0.9': (learningRate) => nesterov({ learningRate, momentum: 0.9 }),
  Adam: (learningRate) => adam({ learningRate }),
}
const ladder = [1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1]
const factors = { 'a 30th': 1 / 30, 'a 10th': 1 / 10, 'a third': 1 / 3, best: 1, '3 times': 3, '10 times': 10 }
const seeds = [1, 2, 3]
const epochs = 10
const engine = await nativeEngine()

interface Told {
  readonly epoch: number
  readonly values: Readonly<Record<string, number>>
}

async function training(update: Rule, seed: number) {
  const parts = split(digits(), { seed })
  const standardisation = fitStandardisation(parts.training)
  const plan = makePlan({
    model: sequential(dense(100), relu(), dense(10)),
    loss: softmaxCrossEntropy(),
    update,
    training: standardisation.apply(parts.training),
    validation: parts.validation && standardisation.apply(parts.validation),
    epochs,
    batchSize: 100,
    seed,
    probes: [descent({ cadence: { everySteps: 1 }, half: { everySteps: 1 } })],
  })
  const told: Told[] = []
  const { epochs: ends } = await runTraining(plan, engine, {
    onEvent: (event) => event.type === 'probe' && told.push(event),
  })
  return { told, loss: ends[ends.length - 1].validation?.loss ?? Number.NaN }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const sum = (values: readonly number[]) => values.reduce((total, x) => total + x, 0)

/** The median over the seeds of something about one stretch of a run. */
function row(runs: readonly (readonly Told[])[], from: number, to: number): string {
  const over = (what: (column: (name: string) => number[]) => number) =>
    median(
      runs.map((told) => {
        const stretch = told.filter(({ epoch }) => epoch >= from && epoch < to)
        return what((name) => stretch.map(({ values }) => values[`descent/${name}`]))
      }),
    )
  const single = over((of) => {
    const [decrease, predicted] = [of('decrease'), of('predicted')]
    return median(decrease.map((d, i) => 1 - d / predicted[i]).filter((_, i) => predicted[i] > 0))
  })
  const figures = [
    single,
    over((of) => 1 - sum(of('decrease')) / sum(of('predicted'))),
    over((of) => (4 * sum(of('half')) - sum(of('decrease'))) / sum(of('predicted'))),
    over((of) => of('decrease').filter((d) => d < 0).length / of('decrease').length),
    over((of) => of('predicted').filter((p) => p < 0).length / of('predicted').length),
    over((of) => median(of('alignment'))),
  ]
  return figures.map((figure) => figure.toFixed(3)).join(' | ')
}

console.log(
  '| rule | rate | loss | epochs | 1 − decrease/predicted, median | of their sums | (4·half − decrease)/predicted | decrease < 0 | predicted < 0 | alignment |',
)
console.log('|---|---|---|---|---|---|---|---|---|---|')
for (const [name, make] of Object.entries(rules)) {
  const reached: number[] = []
  for (const rate of ladder) {
    const { loss } = await training(make(rate), 1)
    reached.push(Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY)
  }
  const best = ladder[reached.indexOf(Math.min(...reached))]
  for (const [title, factor] of Object.entries(factors)) {
    const rate = factor * best
    const runs = await Promise.all(seeds.map((seed) => training(make(rate), seed)))
    for (const [from, to] of [
      [0, 1],
      [1, epochs],
    ])
      console.log(
        `| ${name} | ${title}: ${rate.toPrecision(2)} | ${median(runs.map(({ loss }) => loss)).toFixed(3)} | ${from} to ${to} | ${row(
          runs.map(({ told }) => told),
          from,
          to,
        )} |`,
      )
  }
}
