/** @file What the heat map of tensors can show: how a number becomes a colour, and what counts as trouble. */
import { diverging, sequential } from '../../colours.ts'
import { percent, significant } from '../../format.ts'

export interface Measure {
  /** What stands before the slash in the names of series. */
  readonly id: string
  readonly title: string
  readonly rule: string
  /** Place of a value on its scale, from 0 to 1; `typical` is the median of all. */
  share(value: number, typical: number): number
  colour(share: number): string
  /** How far a row is from where it should be. */
  trouble(value: number, typical: number): number
  format(value: number): string
  /** Values to write at the legend, from left to right, at the shares 0, ½ and 1. */
  legend(typical: number): readonly [low: string, middle: string, high: string]
}

/** The ratio of the update's norm to the weight's that is usual (CS231n notes, 'Ratio of weights:updates'). */
export const usualRatio = 1e-3
/** Decades that the scale reaches to both sides. */
const decades = 3
const logShare = (value: number, middle: number) => 0.5 + Math.log10(value / middle) / (2 * decades)
const around = (value: number, middle: number) => Math.abs(Math.log10(value / middle))
const ratioLegend = (middle: number): readonly [string, string, string] => [
  significant(middle / 10 ** decades, 1),
  significant(middle, 1),
  significant(middle * 10 ** decades, 1),
]

const share = (id: string, title: string, rule: string): Measure => ({
  id,
  title,
  rule,
  share: (value) => value,
  colour: sequential,
  trouble: (value) => value,
  format: (value) => percent(value, 0),
  legend: () => ['0%', '50%', '100%'],
})

export const measures: readonly Measure[] = [
  {
    id: 'update:weight',
    title: 'update : weight',
    rule: 'about 1e-3; far lower, and the learning rate may be too low, far higher, too high',
    share: (value) => logShare(value, usualRatio),
    colour: diverging,
    trouble: (value) => around(value, usualRatio),
    format: (value) => significant(value, 2),
    legend: () => ratioLegend(usualRatio),
  },
  {
    id: 'norm:gradient',
    title: 'gradient',
    rule: 'norms of one order in all layers; that shrink or grow from layer to layer vanish or explode',
    share: logShare,
    colour: diverging,
    trouble: around,
    format: (value) => significant(value, 2),
    legend: ratioLegend,
  },
  share('dead', 'dead units', 'some per cent are usual; many dead at once: the learning rate was too high'),
  share(
    'saturated',
    'saturated units',
    'saturated units pass on no gradient: smaller first weights, or another activation',
  ),
  {
    id: 'norm:weight',
    title: 'weights',
    rule: 'norms change slowly; they grow without end where nothing holds them',
    share: logShare,
    colour: diverging,
    trouble: around,
    format: (value) => significant(value, 2),
    legend: ratioLegend,
  },
]

/** The median of the finite, positive values; 1 where there is none. */
export function typicalOf(values: readonly (readonly number[])[]): number {
  const all = values.flat().filter((value) => Number.isFinite(value) && value > 0)
  all.sort((a, b) => a - b)
  return all[all.length >> 1] ?? 1
}

/** Of the last quarter of a row the median of the troubles; what is not finite is the greatest trouble, what was never measured none. */
export function rowTrouble(row: readonly number[], typical: number, measure: Measure): number {
  const last = row.findLastIndex((value) => !Number.isNaN(value))
  if (last < 0) return -1
  const end = row.slice(Math.floor((last + 1) * 0.75), last + 1).filter((value) => !Number.isNaN(value))
  const troubles = end.map((value) =>
    value === 0 && measure.id !== 'dead' && measure.id !== 'saturated' ? decades : measure.trouble(value, typical),
  )
  troubles.sort((a, b) => a - b)
  return troubles[troubles.length >> 1]
}
