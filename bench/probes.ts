/** @file What probes cost: the time of a run with them over that of the same run without, in turns. README.md says what is compared. */
import { parseArgs } from 'node:util'
import type { Dataset } from '../src/data/dataset.ts'
import { nativeEngine } from '../src/engine/native.ts'
import { runTraining } from '../src/train/loop.ts'
import * as probe from '../src/train/probes/index.ts'
import type { Probe } from '../src/train/probes/probe.ts'
import { watchBystanders } from './bystanders.ts'
import { machine, machineText } from './report.ts'
import { type Net, nets, pictures, planOf } from './watched-nets.ts'

/** How long each standard probe takes, and the step after it. */
async function pieces(net: Net, data: Dataset): Promise<void> {
  console.log('| probe | ms, median | least | the step after it | other steps |\n|---|---|---|---|---|')
  for (const watched of probe.standard().filter(({ name }) => name.includes(options.only))) {
    const cost: number[] = []
    const [next, others]: number[][] = [[], []]
    let [last, wasProbed] = [0, false]
    const timed: Probe = {
      ...watched,
      name: 'timed',
      async measure(context) {
        const startedAt = performance.now()
        const measured = await watched.measure(context)
        last = performance.now()
        cost.push(last - startedAt)
        wasProbed = true
        return measured
      },
    }
    const everyStep: Probe = {
      name: 'every step',
      cadence: { everySteps: 1 },
      measure() {
        if (last > 0) (wasProbed ? next : others).push(performance.now() - last)
        wasProbed = false
        last = performance.now()
        return undefined
      },
    }
    await lastEpoch(net, data, [everyStep, timed])
    const texts = [median(cost), Math.min(...cost), median(next), median(others)].map((ms) => ms.toFixed(2))
    console.log(`| ${watched.name} | ${texts.join(' | ')} |`)
  }
  console.log('')
}

function median(values: readonly number[]): number {
  return quartiles(values)[1] ?? Number.NaN
}

const sets: Readonly<Record<string, () => Probe[]>> = {
  'the standard ones, as often as by default': probe.standard,
  'norms at every step': () => [probe.norms({ cadence: { everySteps: 1 } })],
  'noise scale, 4 times an epoch': () => [probe.noiseScale()],
  'curvature (20 products), once an epoch': () => [probe.curvature({ tolerance: 0 })],
  'dead and saturated units over 10,000 examples, once an epoch': () => [probe.units({ rows: 10_000 })],
}

const { values: options } = parseArgs({
  options: {
    net: { type: 'string', multiple: true, default: nets.map(({ name }) => name) },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '9' },
    steps: { type: 'string', default: '500' },
    pieces: { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds)
const steps = Number(options.steps)
/** A round in which other processes used more of the cores does not count. */
const disturbed = 0.1
console.log(`${machineText(machine())}\n`)
const engine = await nativeEngine()
for (const net of nets.filter(({ name }) => options.net.includes(name))) await measure(net)

async function measure(net: Net): Promise<void> {
  const data = pictures(steps * net.batchSize, net.featureShape)
  console.log(`${net.name}, batch ${net.batchSize}, ${steps} steps an epoch\n`)
  if (options.pieces) return pieces(net, data)
  console.log(
    '| probes | time with : without | quartiles | without, ms a step | rounds, disturbed |\n|---|---|---|---|---|',
  )
  for (const [title, make] of Object.entries(sets))
    if (title.includes(options.only)) await compare(net, data, title, make)
  console.log('')
}

async function compare(net: Net, data: Dataset, title: string, make: () => Probe[]): Promise<void> {
  const [ratios, plain]: number[][] = [[], []]
  let dropped = 0
  for (let round = 0; ratios.length < rounds && round < 4 * rounds; round++) {
    const inOrder = round % 2 === 0
    const first = await lastEpoch(net, data, inOrder ? [] : make())
    const second = await lastEpoch(net, data, inOrder ? make() : [])
    const [without, having] = inOrder ? [first, second] : [second, first]
    if (Math.max(first.others, second.others) > disturbed) dropped++
    else {
      ratios.push(having.milliseconds / without.milliseconds)
      plain.push(without.milliseconds / steps)
    }
  }
  if (ratios.length === 0) return console.log(`| ${title} | every round was disturbed | | | 0, ${dropped} |`)
  const [low, middle, high] = quartiles(ratios).map((ratio) => ratio.toFixed(3))
  console.log(
    `| ${title} | ${middle} | ${low} to ${high} | ${quartiles(plain)[1].toFixed(3)} | ${ratios.length}, ${dropped} |`,
  )
}

/** The second of two epochs. */
async function lastEpoch(net: Net, data: Dataset, probes: readonly Probe[]) {
  let startedAt = 0
  let milliseconds = 0
  let share = () => 0
  let others = 0
  await runTraining(planOf(net, data, probes), engine, {
    now: () => performance.now(),
    onEvent(event) {
      if (event.type !== 'epoch') return
      if (event.epoch === 1) {
        startedAt = performance.now()
        share = watchBystanders(() => 0)
      } else if (event.epoch === 2) {
        milliseconds = performance.now() - startedAt
        others = share()
      }
    },
  })
  return { milliseconds, others }
}

function quartiles(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  return [0.25, 0.5, 0.75].map((share) => sorted[Math.round(share * (sorted.length - 1))])
}
