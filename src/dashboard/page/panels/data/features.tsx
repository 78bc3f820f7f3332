/** @file How large the features are: of few a table, of images pictures, of many a curve. */

import type { KnownData } from '../../../documents.ts'
import { count, counted, significant } from '../../format.ts'
import { csv, Panel } from '../../panel.tsx'
import { Plot } from '../../plot.tsx'
import { type FeatureRow, featureRows, placeOfPixel } from './feature-rows.ts'
import { Image, rangeOf } from './image.tsx'

/** So many are a table that one reads. */
const few = 40

export interface FeaturesProps {
  readonly data: KnownData
  readonly features: NonNullable<KnownData['features']>
  /** Of one row of the data. */
  readonly shape: readonly number[]
}

export function FeaturesPanel({ data, features, shape }: FeaturesProps) {
  const rows = featureRows(data)
  const isImage = data.form === 'image' && features.every === 1
  return (
    <Panel
      title="Scale of the features"
      decision="whether to standardise, and which features to leave out"
      rule={{
        words:
          'as the net receives them, features have a mean near 0 and deviations near 1; constant ones teach nothing',
        href: 'https://cs231n.github.io/neural-networks-2/#datapre',
      }}
      takeaways={[{ ending: '.csv', make: () => featuresCsv(rows) }]}
    >
      <p class="note">{summaryOf(rows, features, data.arrays['given/mean'] !== undefined)}</p>
      {isImage ? (
        <FeatureImages rows={rows} rowShape={shape} imageShape={data.arrays.training.shape.slice(1)} />
      ) : rows.length <= few ? (
        <FeatureTable rows={rows} />
      ) : null}
      {rows.length > few && <SortedDeviations rows={rows} />}
    </Panel>
  )
}

/** In a sentence: how many, over which rows, how far from the rule of thumb. */
export function summaryOf(
  rows: readonly FeatureRow[],
  { count: all, rows: looked, every }: FeaturesProps['features'],
  isStandardised: boolean,
): string {
  const constant = rows.filter(({ isConstant }) => isConstant).length
  const deviations = rows.filter(({ isConstant }) => !isConstant).map(({ received }) => received.deviation)
  const [low, high] = deviations.length > 0 ? rangeOf(deviations) : [0, 0]
  const parts = [
    `${counted(all, 'feature')} over ${counted(looked, 'row')}${every > 1 ? ` (one in ${every} was looked at)` : ''}`,
    `${isStandardised ? 'standardised' : 'not standardised'}: the net receives deviations from ${significant(low, 2)} to ${significant(high, 2)}`,
    constant > 0
      ? `${counted(constant, 'feature')} never ${constant === 1 ? 'changes' : 'change'}`
      : 'none is constant',
  ]
  return `${parts.join('; ')}.`
}

function FeatureTable({ rows }: { readonly rows: readonly FeatureRow[] }) {
  return (
    <div class="scroll">
      <table class="list facts">
        <thead>
          <tr>
            <th>feature</th>
            <th class="number">mean</th>
            <th class="number">deviation</th>
            <th class="number">least</th>
            <th class="number">greatest</th>
            <th class="number">received: mean</th>
            <th class="number">deviation</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ index, name, given, received, isConstant }) => (
            <tr key={index}>
              <td>
                {name} {isConstant && <span class="badge warning">constant</span>}
              </td>
              <td class="number">{significant(given.mean)}</td>
              <td class="number">{significant(given.deviation)}</td>
              <td class="number">{significant(given.min)}</td>
              <td class="number">{significant(given.max)}</td>
              <td class="number">{rounded(received.mean)}</td>
              <td class="number">{significant(received.deviation)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** A mean of 1e−9 is 0 to a reader. */
const rounded = (value: number) => (Math.abs(value) < 1e-4 ? '0' : significant(value))

interface FeatureImagesProps {
  readonly rows: readonly FeatureRow[]
  readonly rowShape: readonly number[]
  readonly imageShape: readonly number[]
}

function FeatureImages({ rows, rowShape, imageShape }: FeatureImagesProps) {
  const place = placeOfPixel(rowShape, imageShape)
  const [height, width, colours = 1] = imageShape
  const layOut = (of: (row: FeatureRow) => number) =>
    Array.from({ length: height * width * colours }, (_, i) => {
      const [pixel, colour] = [Math.floor(i / colours), i % colours]
      return of(rows[place(Math.floor(pixel / width), pixel % width, colour)])
    })
  const shown = [
    ['mean', layOut(({ given }) => given.mean)],
    ['deviation', layOut(({ given }) => given.deviation)],
    ['deviation received', layOut(({ received }) => received.deviation)],
  ] as const
  return (
    <div class="feature-images">
      {shown.map(([name, values]) => {
        const [low, high] = rangeOf(values)
        return (
          <figure key={name}>
            <Image
              label={`${name} of each pixel`}
              shape={imageShape}
              values={values}
              range={[Math.min(0, low), high]}
              kind="sequential"
              size={120}
            />
            <figcaption>
              {name}
              <span class="of">
                {significant(low, 2)} to {significant(high, 2)}
              </span>
            </figcaption>
          </figure>
        )
      })}
    </div>
  )
}

function SortedDeviations({ rows }: { readonly rows: readonly FeatureRow[] }) {
  const sorted = rows.map(({ received }) => received.deviation).sort((a, b) => b - a)
  return (
    <Plot
      label="deviations of the features as the net receives them, from the largest to the smallest"
      lines={[{ label: 'deviation', colour: 'training', x: sorted.map((_, i) => i + 1), y: sorted }]}
      x={{ title: 'features, sorted' }}
      y={{ title: 'deviation received', always: [0, 1] }}
      levels={[1]}
      height={140}
      format={(value) => (Number.isInteger(value) ? count(value) : significant(value, 2))}
    />
  )
}

function featuresCsv(rows: readonly FeatureRow[]): Blob {
  return csv(
    ['feature', 'mean', 'deviation', 'min', 'max', 'receivedMean', 'receivedDeviation'],
    rows.map(({ name, given, received }) => [
      name,
      given.mean,
      given.deviation,
      given.min,
      given.max,
      received.mean,
      received.deviation,
    ]),
  )
}
