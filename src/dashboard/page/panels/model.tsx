/** @file Model: layers with their shapes and first values, how large the net is, what is minimised. */
import type { LayerFacts, ParameterFacts, StartEvent } from '../../../train/events.ts'
import { bytes, count, counted, percent, significant } from '../format.ts'
import { csv, Panel } from '../panel.tsx'
import { run, useAnswer } from '../state.ts'
import { linkTo, tensor as selected } from '../view.ts'

const notes = 'https://cs231n.github.io/neural-networks-2/#init'

/** A layer, or a parameter outside of all, and what stands in it. */
export interface ModelRow {
  readonly name: string
  readonly kind: string
  readonly from?: readonly number[]
  readonly to?: readonly number[]
  readonly options: string
  readonly parameters: readonly ParameterFacts[]
  readonly size: number
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** Layers in the order of the net. What a layer takes is what the one before gives; of one inside another that is not known. */
export function modelRows({
  layers = [],
  parameters,
  data,
}: Pick<StartEvent, 'layers' | 'parameters' | 'data'>): ModelRow[] {
  const names = new Set(layers.map(({ name }) => name))
  const isInner = (name: string) => layers.some((other) => name.startsWith(`${other.name}.`))
  let before: readonly number[] = data.featureShape
  const rows = layers.map((layer): ModelRow => {
    const own = parameters.filter((parameter) => parameter.layer === layer.name)
    const inner = isInner(layer.name)
    const from = inner ? undefined : before
    if (!inner) before = layer.shape
    return { ...rowOf(layer, own), ...(from && { from }) }
  })
  const rest = parameters.filter(({ layer }) => layer === undefined || !names.has(layer))
  return [
    ...rows,
    ...rest.map((parameter) => ({
      name: parameter.name,
      kind: 'parameter',
      options: '',
      parameters: [parameter],
      size: sizeOf(parameter.shape),
    })),
  ]
}

function rowOf({ name, kind, shape, options = {} }: LayerFacts, parameters: readonly ParameterFacts[]): ModelRow {
  return {
    name,
    kind,
    to: shape,
    options: Object.entries(options)
      .filter(([option]) => option !== 'units')
      .map(([option, value]) => `${option} ${value}`)
      .join(', '),
    parameters,
    size: parameters.reduce((sum, parameter) => sum + sizeOf(parameter.shape), 0),
  }
}

/** How wide the first weights are, in units of √(2 / fan-in) (He et al. 2015): near 1 for ReLU; 0.71 is 1/√fan-in, for tanh. */
export function widthRatio({ fanIn, initial }: ParameterFacts): number | undefined {
  if (fanIn === undefined || initial === undefined) return undefined
  return initial.deviation / Math.sqrt(2 / fanIn)
}

export function Model() {
  const { value: facts, error } = useAnswer('facts', {}).value
  if (error !== undefined) return <p class="error-text">{error}</p>
  if (facts === undefined || !run.value) return null
  const { start } = facts
  if (start === undefined) return <p class="empty">Another program made this run: nothing is known of its net.</p>
  const rows = modelRows(start)
  return (
    <div class="panels single">
      <LayersPanel start={start} rows={rows} id={run.value.card.id} />
      <div class="panels">
        <SizePanel start={start} />
        <ObjectivePanel start={start} />
      </div>
    </div>
  )
}

function LayersPanel({
  start,
  rows,
  id,
}: {
  readonly start: StartEvent
  readonly rows: readonly ModelRow[]
  readonly id: string
}) {
  const total = rows.reduce((sum, { size }) => sum + size, 0)
  const most = Math.max(1, ...rows.map(({ size }) => size))
  const { linear = [], unused = [] } = start.graph ?? {}
  return (
    <Panel
      title="Layers"
      decision="whether the net is what you meant, and whether it begins well"
      rule={{
        words: 'first weights deviate by √(2 / fan-in) in front of a ReLU; about 0.7 times that suits tanh',
        href: notes,
      }}
      takeaways={[{ ending: '.csv', make: () => modelCsv(rows) }]}
      controls={
        <a class="note" href={linkTo(id, 'layers')}>
          over time
        </a>
      }
    >
      {(linear.length > 0 || unused.length > 0) && (
        <ul class="warnings">
          {linear.map(([a, b]) => (
            <li key={`${a} ${b}`}>
              <span class="badge warning">linear</span> Between {a} and {b} there is nothing that is not linear:
              together they are one layer. Put an activation between them.
            </li>
          ))}
          {unused.map((name) => (
            <li key={name}>
              <span class="badge warning">unused</span> The scores do not depend on {name}: it will not learn.
            </li>
          ))}
        </ul>
      )}
      <div class={rows.length > 24 ? 'scroll tall' : 'scroll'}>
        <table class="list facts model">
          <thead>
            <tr>
              <th>layer</th>
              <th>kind</th>
              <th>shape in → out</th>
              <th class="number">parameters</th>
              <th class="wide-only" aria-hidden="true" />
              <th class="number">share</th>
              <th>first weights</th>
              <th class="wide-only">options</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.name} row={row} total={total} most={most} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <td>total</td>
              <td />
              <td />
              <td class="number">{count(total)}</td>
              <td class="wide-only" />
              <td />
              <td />
              <td class="wide-only" />
            </tr>
          </tfoot>
        </table>
      </div>
    </Panel>
  )
}

function Row({ row, total, most }: { readonly row: ModelRow; readonly total: number; readonly most: number }) {
  const { name, kind, from, to, size, parameters, options } = row
  const target = parameters[0]?.name
  const isSelected = target !== undefined && parameters.some((parameter) => parameter.name === selected.value)
  const select = () => {
    if (target !== undefined) selected.value = isSelected ? undefined : target
  }
  const depth = name.split('.').length - 1
  return (
    <tr class={[target === undefined ? 'plain' : 'link', isSelected ? 'selected' : ''].join(' ')} onClick={select}>
      <td style={{ paddingLeft: `${depth * 14}px` }}>
        {target === undefined ? (
          name
        ) : (
          <button
            type="button"
            class="row-opener"
            aria-pressed={isSelected}
            onClick={(event) => {
              event.stopPropagation()
              select()
            }}
          >
            {name}
          </button>
        )}
      </td>
      <td>{kind}</td>
      <td class="shapes">
        {from && shapeText(from)}
        {to && ` → ${shapeText(to)}`}
      </td>
      <td class="number">{size === 0 ? '–' : count(size)}</td>
      <td class="wide-only bars">
        {size > 0 && (
          <span class="bar" aria-hidden="true">
            <i style={{ width: `${(100 * size) / most}%`, background: 'var(--training)' }} />
          </span>
        )}
      </td>
      <td class="number">{size === 0 ? '' : percent(size / total)}</td>
      <td>
        {parameters
          .filter(({ fanIn }) => fanIn !== undefined)
          .map((parameter) => (
            <FirstValues key={parameter.name} parameter={parameter} />
          ))}
      </td>
      <td class="wide-only options">{options}</td>
    </tr>
  )
}

function FirstValues({ parameter }: { readonly parameter: ParameterFacts }) {
  const ratio = widthRatio(parameter)
  if (ratio === undefined || parameter.initial === undefined) return null
  const { mean, deviation, units, distinctUnits } = parameter.initial
  const isOdd = ratio < 0.4 || ratio > 2.5
  const isAlike = units !== undefined && distinctUnits !== undefined && distinctUnits < units
  return (
    <span
      class="first-values"
      title={`${parameter.name}: mean ${significant(mean)}, deviation ${significant(deviation)}, √(2 / ${parameter.fanIn}) = ${significant(Math.sqrt(2 / (parameter.fanIn ?? 1)))}`}
    >
      {parameter.shape.join(' × ')}, deviation {significant(deviation)}{' '}
      <span class={isOdd ? 'badge warning' : 'of'}>{significant(ratio, 2)} × rule</span>
      {isAlike && <span class="badge warning">{`${units - distinctUnits} units alike`}</span>}
    </span>
  )
}

const shapeText = (shape: readonly number[]) => (shape.length === 0 ? 'scalar' : shape.join(' × '))

function SizePanel({ start }: { readonly start: StartEvent }) {
  const size = start.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const states = start.rule?.states.length ?? 0
  const inputs = start.batchSize * sizeOf(start.data.featureShape)
  const outputs = (start.layers ?? []).reduce((sum, { shape }) => sum + start.batchSize * sizeOf(shape), 0)
  const perExample = start.data.training / size
  return (
    <Panel
      title="Size"
      decision="whether the net fits the data and the memory"
      rule={{
        words: 'more parameters than examples overfit unless they are held back: by a penalty, dropout, augmentation',
        href: notes,
      }}
    >
      <dl class="pairs">
        <dt>parameters</dt>
        <dd>
          {count(size)} in {counted(start.parameters.length, 'tensor')}
        </dd>
        <dt>training examples a parameter</dt>
        <dd>{significant(perExample, 2)}</dd>
        <dt>memory of values and gradients</dt>
        <dd>{bytes(8 * size)}</dd>
        <dt>of the update rule’s state</dt>
        <dd>
          {bytes(4 * size * states)}
          {states > 0 && <span class="of"> {start.rule?.states.join(', ')}</span>}
        </dd>
        <dt>of a batch’s activations, about</dt>
        <dd>
          {bytes(4 * (inputs + outputs))}
          <span class="of"> {counted(start.batchSize, 'example')}</span>
        </dd>
      </dl>
    </Panel>
  )
}

function ObjectivePanel({ start }: { readonly start: StartEvent }) {
  const { loss, penalty, constraint, graph, data } = start
  return (
    <Panel
      title="What is minimised"
      decision="whether loss and regularisation are those that you meant"
      rule={{
        words: 'the data loss leads at first; a penalty that rules from the start keeps the net from learning',
        href: 'https://cs231n.github.io/neural-networks-2/#reg',
      }}
    >
      <dl class="pairs">
        <dt>loss</dt>
        <dd>{loss}</dd>
        <dt>penalty</dt>
        <dd>{penalty ?? 'none'}</dd>
        <dt>constraint</dt>
        <dd>{constraint ?? 'none'}</dd>
        <dt>augmentation</dt>
        <dd>{start.augment ?? 'none'}</dd>
        <dt>task</dt>
        <dd>
          {data.task}
          {data.classes && `, ${counted(data.classes.length, 'class').replace('classs', 'classes')}`}
        </dd>
        {graph && (
          <>
            <dt>scores come from</dt>
            <dd>{graph.output}</dd>
            <dt>not linear</dt>
            <dd>{graph.nonlinear.join(', ') || 'nothing'}</dd>
          </>
        )}
      </dl>
    </Panel>
  )
}

function modelCsv(rows: readonly ModelRow[]): Blob {
  return csv(
    ['layer', 'kind', 'in', 'out', 'parameters', 'options'],
    rows.map(({ name, kind, from, to, size, options }) => [
      name,
      kind,
      from?.join('x') ?? '',
      to?.join('x') ?? '',
      size,
      options,
    ]),
  )
}
