/** @file The pictures of docs/findings: each fault of the tuned half beside the same training without it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { type FindingCode, findingCodes } from '../../src/diagnose/finding.ts'
import { History } from '../../src/diagnose/history.ts'
import { median } from '../../src/diagnose/statistics/numbers.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { chartSvg, type Line, type Panel } from './chart.ts'
import { eventsOf } from './record.ts'
import type { Situation } from './situation.ts'

/** Where the pictures lie. */
export const folder = new URL('../../docs/findings/pictures/', import.meta.url)

/** What the right panel shows of a run. */
type Show = (runs: readonly Shown[]) => Panel

interface Shown {
  readonly role: 'fault' | 'mended'
  readonly name: string
  readonly run: History
}

const line = ({ role, name }: Shown, x: readonly number[], y: readonly number[]): Line => ({ role, name, x, y })

/** The loss of the batches: the mean of so many that the line has few points. */
const loss: Show = (runs) => ({
  title: 'loss',
  xTitle: 'step',
  lines: runs.map((shown) => {
    const { losses, lossSteps } = shown.run
    const size = Math.max(1, Math.floor(losses.length / 120))
    const [x, y]: number[][] = [[], []]
    for (let at = 0; at < losses.length; at += size) {
      const part = losses.subarray(at, at + size)
      x.push(lossSteps[at])
      y.push(part.reduce((sum, value) => sum + value, 0) / part.length)
    }
    return line(shown, x, y)
  }),
})

const measured =
  (part: 'training' | 'validation', of: 'loss' | 'accuracy'): Show =>
  (runs) => ({
    title: `${part} ${of}`,
    xTitle: 'epoch',
    ...(of === 'accuracy' && { scale: 'linear' as const }),
    lines: runs.map((shown) => {
      const seen = shown.run.epochs.filter((epoch) => epoch[part]?.[of] !== undefined)
      return line(
        shown,
        seen.map(({ epoch }) => epoch),
        seen.map((epoch) => epoch[part]?.[of] ?? Number.NaN),
      )
    }),
  })

/** Training and validation loss of the faulty run alone. */
const parts: Show = ([{ run }]) => ({
  title: 'training and validation loss',
  xTitle: 'epoch',
  lines: (['validation', 'training'] as const).map((part) => ({
    role: part === 'validation' ? ('fault' as const) : ('other' as const),
    name: part,
    x: run.epochs.map(({ epoch }) => epoch),
    y: run.epochs.map((epoch) => epoch[part]?.loss ?? Number.NaN),
  })),
})

/** One number over all tensors or layers at each time. */
const over =
  (prefix: string, title: string, of: (values: readonly number[]) => number, mark?: Panel['mark'], only = /./): Show =>
  (runs) => ({
    title,
    xTitle: 'step',
    // What is compared with a rule of thumb spans decades, also where it comes to 0.
    ...(mark && { mark, scale: 'log' as const }),
    lines: runs.map((shown) => {
      const all = [...shown.run.by(prefix)].filter(([name]) => only.test(name)).map(([, series]) => series)
      const steps = all[0]?.steps ?? []
      return line(
        shown,
        steps,
        steps.map((_, i) => of(all.map(({ values }) => values[i] ?? Number.NaN))),
      )
    }),
  })

const single =
  (name: string, title: string, mark?: Panel['mark']): Show =>
  (runs) => ({
    title,
    xTitle: 'step',
    ...(mark && { mark }),
    lines: runs.map((shown) => {
      const series = shown.run.series(name)
      return line(shown, series?.steps ?? [], series?.values ?? [])
    }),
  })

/** Deviation in each layer at the first measurement, or at the last. */
const layers =
  (of: 'activation' | 'gradient', when: 'first' | 'last'): Show =>
  (runs) => {
    const names = runs[0].run.distributionNames.filter((name) => name.startsWith(`${of}/`))
    return {
      title: `deviation of ${of}s by layer, ${when === 'first' ? 'at the start' : 'at the end'}`,
      xTitle: 'layer',
      places: names.map((name) => name.slice(of.length + 1)),
      lines: runs.map((shown) => {
        const seen = names.map((name) => shown.run.distributions(name).at(when === 'first' ? 0 : -1))
        return line(
          shown,
          names.map((_, i) => i),
          seen.map((one) => one?.distribution.deviation ?? Number.NaN),
        )
      }),
    }
  }

const most = (values: readonly number[]) => Math.max(...values.filter(Number.isFinite), 0)
const total = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
const ratio = over('update:weight', 'update : weight', median, { value: 1e-3, name: 'about 1e-3' }, /weight/)
const accuracy = measured('validation', 'accuracy')

/** By code; the validation part where nothing tells more. */
const shows: Readonly<Partial<Record<FindingCode, Show>>> = {
  'lr-too-high': ratio,
  'lr-too-low': ratio,
  unstable: ratio,
  diverged: over('norm:weight', 'norm of all weights', total),
  'first-steps-too-large': ratio,
  'momentum-too-high': single('cosine/all', 'cosine of successive updates'),
  'schedule-too-fast': ratio,
  'clipping-too-tight': over('norm:update', 'norm of the update', total),
  'gradient-accumulated': over('norm:update', 'norm of the update', total),
  'wrong-sign': single('descent/alignment', 'cosine of update and descent'),
  'init-too-large': layers('activation', 'first'),
  'init-too-small': layers('activation', 'first'),
  'vanishing-gradient': layers('gradient', 'first'),
  'exploding-gradient': layers('gradient', 'first'),
  'dead-units': over('dead', 'largest share of dead units', most),
  saturation: over('saturation', 'largest share of saturated outputs', most),
  'frozen-layer': over(
    'norm:update',
    'norm of the smallest update',
    (values) => Math.min(...values),
    undefined,
    /weight/,
  ),
  'batchnorm-statistics': single('evaluated/training/loss', 'loss on training rows as the net is used'),
  'regularisation-too-strong': over('norm:weight', 'norm of all weights', total),
  'decay-scale': over('norm:weight', 'norm of all weights', total),
  'dropout-too-strong': measured('training', 'loss'),
  'label-noise': single('surprising/validation', 'share of validation labels that surprise'),
  overfitting: parts,
  'little-data': parts,
  'labels-wrong': parts,
  'no-signal': parts,
  'validation-preprocessing': parts,
  'train-validation-mismatch': parts,
  'train-validation-leak': parts,
  underfitting: measured('training', 'accuracy'),
  'train-longer': measured('validation', 'loss'),
}

/** Draws a picture for each code of which the tuned half has a situation; foreign loops show their loss alone. */
export async function drawPictures(situations: readonly Situation[], engine: Engine): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const code of Object.values(findingCodes).flat()) {
    const of = situations.filter(({ fault }) => fault?.cause === code)
    const situation = of.find(({ mended }) => mended !== undefined) ?? of[0]
    if (situation === undefined) {
      console.log(`${code}: no situation`)
      continue
    }
    const runs: Shown[] = [await shown('fault', 'with the fault', situation, engine)]
    if (situation.mended !== undefined)
      runs.push(await shown('mended', 'without', { ...situation, run: situation.mended }, engine))
    const second = [shows[code], accuracy, measured('validation', 'loss')]
      .flatMap((show) => (show === undefined ? [] : [show(runs)]))
      .find(({ lines }) => lines.some(({ y }) => y.filter(Number.isFinite).length > 0))
    const panels = second === undefined ? [loss(runs)] : [loss(runs), second]
    writeFileSync(new URL(`${code}.svg`, folder), chartSvg(panels, `${code}: ${situation.about}`))
    console.log(`${code}: ${situation.name}`)
  }
}

async function shown(role: Shown['role'], name: string, situation: Situation, engine: Engine): Promise<Shown> {
  const run = new History()
  for (const event of await eventsOf(situation, 0, engine)) run.take(event)
  return { role, name, run }
}
