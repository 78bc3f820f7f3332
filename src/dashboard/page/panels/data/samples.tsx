/** @file Examples as the net receives them, with their targets, of both parts. */
import type { KnownData, PlainArray } from '../../../documents.ts'
import { significant } from '../../format.ts'
import { Panel } from '../../panel.tsx'
import { Segments } from '../../segments.tsx'
import { kept } from '../../view.ts'
import { unstandardised } from './feature-rows.ts'
import { Image, rangeOf } from './image.tsx'

export interface SamplesProps {
  readonly data: KnownData
  readonly classes: readonly string[]
  /** Of one row of the data. */
  readonly rowShape: readonly number[]
  /** What is done at random to the training examples, in words. */
  readonly augment?: string
}

type Samples = NonNullable<NonNullable<KnownData['samples']>['training']>

const seen = kept('examples', 'received')

export function SamplesPanel({ data, classes, rowShape, augment }: SamplesProps) {
  const { samples, arrays, form = 'values' } = data
  if (samples === undefined) return null
  const given = unstandardised(arrays.training, data, rowShape)
  const isGiven = seen.value === 'given' && given !== undefined
  const shown = (array: PlainArray) => (isGiven && unstandardised(array, data, rowShape)) || array
  const [training, validation] = [shown(arrays.training), arrays.validation && shown(arrays.validation)]
  const range = rangeOf([...training.values, ...(validation?.values ?? [])])
  const { unaugmented } = arrays
  const common = { form, classes, range }
  return (
    <Panel
      title="Examples as the net receives them"
      kind="wide"
      decision="whether inputs and targets belong together, and whether the augmentation goes too far"
      rule={{
        words: 'if you cannot tell the target from what the net receives, the net hardly can',
        href: 'https://cs231n.github.io/neural-networks-2/#datapre',
      }}
      controls={
        given && (
          <Segments
            label="standardisation"
            options={[
              ['received', 'standardised'],
              ['given', 'standardisation undone'],
            ]}
            value={isGiven ? 'given' : 'received'}
            onChange={(value) => {
              seen.value = value
            }}
          />
        )
      }
    >
      <Part
        title={unaugmented ? `Training, as the first epoch augments them: ${augment ?? ''}` : 'Training'}
        samples={samples.training}
        array={training}
        {...common}
      />
      {unaugmented && (
        <Part title="The same, not augmented" samples={samples.training} array={shown(unaugmented)} {...common} />
      )}
      {samples.validation && validation && (
        <Part title="Validation" samples={samples.validation} array={validation} {...common} />
      )}
    </Panel>
  )
}

interface PartProps {
  readonly title: string
  readonly samples: Samples
  readonly array: PlainArray
  readonly form: NonNullable<KnownData['form']>
  readonly classes: readonly string[]
  readonly range: readonly [number, number]
}

function Part({ title, samples, array, form, classes, range }: PartProps) {
  const shape = array.shape.slice(1)
  const size = shape.reduce((a, b) => a * b, 1)
  return (
    <section class="samples-part" aria-label={title}>
      <h3>{title}</h3>
      <ul class={`samples ${form}`}>
        {samples.rows.map((row, k) => {
          const values = array.values.slice(k * size, (k + 1) * size)
          const target = targetText(samples.targets[k], classes)
          return (
            <li key={row} title={`row ${row}`}>
              <Sample {...{ form, shape, values, range }} label={`row ${row}, target ${target}`} />
              <span class="target">{target}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** A class by its name, numbers as they are. */
export function targetText(target: number | readonly number[], classes: readonly string[]): string {
  if (typeof target === 'number') return classes[target] ?? String(target)
  return target.map((value) => significant(value)).join(', ')
}

interface SampleProps {
  readonly form: PartProps['form']
  readonly shape: readonly number[]
  readonly values: readonly number[]
  readonly range: readonly [number, number]
  readonly label: string
}

function Sample({ form, shape, values, range, label }: SampleProps) {
  if (form === 'image') return <Image label={label} shape={shape} values={values} range={range} size={72} />
  if (form === 'categories') return <code class="categories">{values.join(' ')}</code>
  return <Strip columns={form === 'sequence' ? shape[1] : 1} values={values} range={range} label={label} />
}

const colours = ['training', 'validation', 'third', 'fourth']

/** Bars of up to 64 values about 0; of more values, and of sequences, lines. */
function Strip({
  columns,
  values,
  range,
  label,
}: { readonly columns: number } & Pick<SampleProps, 'values' | 'range' | 'label'>) {
  const [width, height] = [120, 44]
  const [low, high] = [Math.min(0, range[0]), Math.max(0, range[1])]
  const y = (value: number) => height * (1 - (value - low) / (high - low || 1))
  const moments = values.length / columns
  const step = width / moments
  const isBars = columns === 1 && moments <= 64
  const path = (column: number) =>
    Array.from(
      { length: moments },
      (_, i) => `${i === 0 ? 'M' : 'L'}${((i + 0.5) * step).toFixed(1)} ${y(values[i * columns + column]).toFixed(1)}`,
    ).join('')
  return (
    <svg class="strip" width={width} height={height} role="img" aria-label={label}>
      <line x1={0} x2={width} y1={y(0)} y2={y(0)} />
      {isBars
        ? values.map((value, i) => (
            <rect
              // Values of one example have no names here.
              key={String(i)}
              x={i * step + step * 0.1}
              width={step * 0.8}
              y={Math.min(y(0), y(value))}
              height={Math.max(0.5, Math.abs(y(value) - y(0)))}
            >
              <title>{significant(value)}</title>
            </rect>
          ))
        : Array.from({ length: columns }, (_, column) => (
            <path key={colours[column]} d={path(column)} style={{ stroke: `var(--${colours[column]})` }} />
          ))}
    </svg>
  )
}
