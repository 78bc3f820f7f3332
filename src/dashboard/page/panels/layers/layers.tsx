/** @file Layers: one heat map of tensors by time; the selected row's distributions, norms and units; the first layer's weights as images. */
import { useMemo, useRef } from 'preact/hooks'
import type { Matrix, RunNow } from '../../../documents.ts'
import type { Line } from '../../chart.tsx'
import { ChartPanel, picture } from '../../chart-panel.tsx'
import { percent } from '../../format.ts'
import { csv, Panel } from '../../panel.tsx'
import { Segments } from '../../segments.tsx'
import { run, useAnswer } from '../../state.ts'
import { axis, kept, tensor, zoom } from '../../view.ts'
import { Distributions } from './distributions.tsx'
import { HeatMap } from './heat-map.tsx'
import { type Measure, measures, rowTrouble, typicalOf, usualRatio } from './measures.ts'
import { WeightPictures } from './pictures.tsx'

const notes = 'https://cs231n.github.io/neural-networks-3/'
const shown = kept('measure', 'update:weight')
const sorting = kept('rows', 'trouble')

/** Whether a run was watched at all. */
export function hasLayers({ seriesNames }: RunNow): boolean {
  return measures.some(({ id }) => seriesNames.some((name) => name.startsWith(`${id}/`)))
}

export function Layers() {
  const now = run.value
  const canvas = useRef<HTMLCanvasElement | undefined>(undefined)
  const there = measures.filter(({ id }) => now?.seriesNames.some((name) => name.startsWith(`${id}/`)))
  const measure = there.find(({ id }) => id === shown.value) ?? there[0]
  const { value: matrix } = useAnswer('matrix', measure && { measure: measure.id }).value
  const marked = useMemo(() => markedOf(now), [JSON.stringify(now?.findings)])
  const order = useMemo(
    () => (matrix && measure ? orderOf(matrix, measure, marked) : []),
    [matrix, measure, marked, sorting.value],
  )
  if (!now || measure === undefined) return null
  const isCurrent = matrix?.measure === measure.id
  const selected = tensor.value ?? (isCurrent && order.length > 0 ? matrix.rows[order[0]] : undefined)
  return (
    <div class="panels">
      <Panel
        title="Tensors over time"
        decision="which layer to look at, and whether the learning rate fits all of them"
        rule={{ words: measure.rule, href: notes }}
        kind="wide"
        takeaways={[
          { ending: '.png', make: () => picture(canvas.current) },
          { ending: '.csv', make: () => table(matrix) },
        ]}
        controls={
          <Segments
            label="order of the rows"
            options={[
              ['trouble', 'by trouble'],
              ['net', 'as in the net'],
            ]}
            value={sorting.value as 'trouble' | 'net'}
            onChange={(value) => {
              sorting.value = value
            }}
          />
        }
      >
        <div class="toolbar">
          <Segments
            label="measure"
            options={there.map(({ id, title }) => [id, title] as const)}
            value={measure.id}
            onChange={(value) => {
              shown.value = value
            }}
          />
          {isCurrent && <Scale measure={measure} matrix={matrix} />}
          <span class="note">{measure.rule}</span>
        </div>
        {isCurrent && order.length > 0 && (
          <HeatMap
            matrix={matrix}
            measure={measure}
            order={order}
            marked={marked}
            onCanvas={(made) => (canvas.current = made)}
          />
        )}
      </Panel>
      {selected !== undefined && <Selected name={selected} now={now} />}
      <WeightPictures />
    </div>
  )
}

function markedOf(now: RunNow | null | undefined): ReadonlySet<string> {
  const open = (now?.findings ?? []).filter(
    ({ clearedAt, finding }) => clearedAt === undefined && finding.severity !== 'info',
  )
  return new Set(open.flatMap(({ finding: { where } }) => (where === undefined ? [] : [where])))
}

/** Rows with a finding first, then those farthest from where they should be; or the net's own order. */
function orderOf(matrix: Matrix, measure: Measure, marked: ReadonlySet<string>): number[] {
  const rows = matrix.rows.map((_, i) => i)
  if (sorting.value === 'net') return rows
  const typical = typicalOf(matrix.values)
  const troubles = matrix.values.map(
    (row, i) => rowTrouble(row, typical, measure) + (marked.has(matrix.rows[i]) ? 1000 : 0),
  )
  return rows.sort((a, b) => troubles[b] - troubles[a])
}

function table(matrix: Matrix | undefined): Blob {
  if (matrix === undefined) return csv([], [])
  const { rows, step, epoch, seconds, values } = matrix
  return csv(
    ['tensor', 'step', 'epoch', 'seconds', matrix.measure],
    rows.flatMap((row, r) => values[r].map((value, i) => [row, step[i], epoch[i], seconds[i], value])),
  )
}

function Scale({ measure, matrix }: { readonly measure: Measure; readonly matrix: Matrix }) {
  const shares = Array.from({ length: 48 }, (_, i) => i / 47)
  const [low, middle, high] = measure.legend(typicalOf(matrix.values))
  return (
    <span class="scale">
      <span>{low}</span>
      <span class="ramp">
        {shares.map((share) => (
          <i key={share} style={{ background: measure.colour(share) }} />
        ))}
        <b>{middle}</b>
      </span>
      <span>{high}</span>
    </span>
  )
}

function Selected({ name, now }: { readonly name: string; readonly now: RunNow }) {
  const { value: facts } = useAnswer('facts', {}).value
  const { value: distributionNames = [] } = useAnswer('distributionNames', {}).value
  const layer = facts?.start?.parameters.find((parameter) => parameter.name === name)?.layer ?? name
  const own = (prefixes: readonly string[], of: string) =>
    prefixes.map((prefix) => `${prefix}/${of}`).filter((series) => now.seriesNames.includes(series))
  // A layer without weights of its own, such as a ReLU, comes behind the one that has them.
  const units = unitsBehind(layer, facts?.start?.layers?.map((known) => known.name) ?? [], now.seriesNames)
  return (
    <>
      <SeriesPanel
        title={`update : weight of ${name}`}
        decision="whether the learning rate fits this tensor"
        rule="about 1e-3"
        names={own(['update:weight', 'update:weight:mean'], name)}
        labels={['by norms', 'by mean magnitudes']}
        isLogarithmic
        levels={[usualRatio]}
      />
      <SeriesPanel
        title={`Norms of ${name}`}
        decision="whether it learns at all, or runs away"
        rule="weights move slowly; a gradient that falls to nothing has vanished"
        names={own(['norm:weight', 'norm:gradient', 'norm:update'], name)}
        labels={['weight', 'gradient', 'update']}
        isLogarithmic
      />
      {distributionNames.includes(`activation/${layer}`) && (
        <Distributions
          name={`activation/${layer}`}
          title={`Outputs of ${layer}`}
          rule="deviations of one order in all layers, away from the ends of the activation's range"
        />
      )}
      {distributionNames.includes(`gradient/${layer}`) && (
        <Distributions
          name={`gradient/${layer}`}
          title={`Gradients at ${layer}`}
          rule="deviations that shrink or grow from layer to layer vanish or explode"
        />
      )}
      <SeriesPanel
        title={`Cosine of successive updates of ${name}`}
        decision="whether to lower the rate or the momentum"
        rule="near 1 the steps go on; near −1 they jump across a valley"
        names={own(['cosine'], name)}
        labels={['cosine']}
        levels={[0]}
      />
      {units !== undefined && (
        <SeriesPanel
          title={`Units of ${units}`}
          decision="whether to lower the rate, or to take another activation"
          rule="some per cent dead are usual; saturated ones pass on no gradient"
          names={own(['dead', 'active', 'saturated', 'saturation'], units)}
          labels={['dead', 'active', 'saturated', 'saturation'].filter((prefix) =>
            now.seriesNames.includes(`${prefix}/${units}`),
          )}
          format={(value) => percent(value, 0)}
          range={[0, 1]}
        />
      )}
    </>
  )
}

function unitsBehind(layer: string, layers: readonly string[], names: readonly string[]): string | undefined {
  const has = (name: string) => names.includes(`dead/${name}`) || names.includes(`saturated/${name}`)
  if (has(layer)) return layer
  const place = layers.indexOf(layer)
  return place < 0 ? undefined : layers.slice(place + 1, place + 3).find(has)
}

interface SeriesPanelProps {
  readonly title: string
  readonly decision: string
  readonly rule: string
  readonly names: readonly string[]
  readonly labels: readonly string[]
  readonly isLogarithmic?: boolean
  readonly levels?: readonly number[]
  readonly format?: (value: number) => string
  readonly range?: readonly [number, number]
}

const colours = ['training', 'validation', 'third', 'fourth'] as const

function SeriesPanel({ names, labels, rule, ...panel }: SeriesPanelProps) {
  const window = { axis: axis.value, from: zoom.value?.[0], to: zoom.value?.[1], points: 600 }
  const { value: curves = [] } = useAnswer('curves', names.length === 0 ? undefined : { names, ...window }).value
  if (names.length === 0) return null
  const lines: Line[] = names.flatMap((name, i) => {
    const curve = curves.find((found) => found.name === name)
    return curve ? [{ label: labels[i], curve, colour: colours[i % colours.length] }] : []
  })
  return <ChartPanel {...panel} rule={{ words: rule, href: notes }} lines={lines} height={190} />
}
