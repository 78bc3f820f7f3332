/**
 * @file What the diagnosis costs: the time that it takes of a training's own events, over the time of the rest of that training. README.md says what is
 * compared.
 */
import { parseArgs } from 'node:util'
import { demoConfig } from '../src/cli/demo-config.ts'
import { Diagnosis } from '../src/diagnose/diagnosis.ts'
import { nativeEngine } from '../src/engine/native.ts'
import { planFromConfig } from '../src/train/config.ts'
import { runTraining } from '../src/train/loop.ts'
import type { TrainingPlan } from '../src/train/plan.ts'
import { standard } from '../src/train/probes/index.ts'
import { machine, machineText } from './report.ts'
import { nets, pictures, planOf } from './watched-nets.ts'

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const rounds = Number(options.rounds)
const stepsAnEpoch = 500
console.log(`${machineText(machine())}\n`)
const engine = await nativeEngine()
const digits = await planFromConfig(demoConfig(), {})
const plans: [string, TrainingPlan][] = [
  ['digits, the demo: 20 epochs of 15 steps', digits],
  ['digits, 200 epochs of 15 steps', { ...digits, epochs: 200 }],
  ...nets.map((net): [string, TrainingPlan] => [
    `${net.name}, 2 epochs of ${stepsAnEpoch} steps`,
    planOf(net, pictures(stepsAnEpoch * net.batchSize, net.featureShape), standard()),
  ]),
]
console.log('| training | diagnosis, ms | the rest, ms | share | least, greatest |\n|---|---|---|---|---|')
for (const [name, plan] of plans) {
  const seen: Taken[] = []
  for (let round = 0; round < rounds; round++) seen.push(await measure(plan))
  const by = seen.toSorted((a, b) => a.share - b.share)
  const { diagnosis, rest, share } = by[Math.floor(rounds / 2)]
  const percent = (value: number) => `${(100 * value).toFixed(2)}%`
  console.log(
    `| ${name} | ${diagnosis.toFixed(1)} | ${rest.toFixed(0)} | ${percent(share)} | ${percent(by[0].share)}, ${percent(by[rounds - 1].share)} |`,
  )
}

interface Taken {
  /** Milliseconds. */
  readonly diagnosis: number
  readonly rest: number
  readonly share: number
}

async function measure(plan: TrainingPlan): Promise<Taken> {
  const watch = new Diagnosis()
  let diagnosis = 0
  const timed = <T>(work: () => T): T => {
    const startedAt = performance.now()
    const done = work()
    diagnosis += performance.now() - startedAt
    return done
  }
  const startedAt = performance.now()
  await runTraining(plan, engine, {
    now: () => performance.now(),
    onEvent: (event) => void timed(() => watch.take(event)),
  })
  timed(() => watch.report())
  const rest = performance.now() - startedAt - diagnosis
  return { diagnosis, rest, share: diagnosis / rest }
}
