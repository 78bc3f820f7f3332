/** @file How often each class occurs in both parts; of regression, how the targets are distributed. */

import type { KnownData } from '../../../documents.ts'
import { count, percent, significant } from '../../format.ts'
import { csv, Panel } from '../../panel.tsx'
import { Plot } from '../../plot.tsx'

const notes = 'https://cs231n.github.io/neural-networks-2/'

export interface ClassRow {
  readonly name: string
  readonly training: number
  readonly validation?: number
  readonly trainingShare: number
  readonly validationShare?: number
}

/** A row a class. Shares are of the part. */
export function classRows(
  { training, validation }: Pick<KnownData, 'training' | 'validation'>,
  names: readonly string[],
): ClassRow[] {
  return (training.classes ?? []).map((many, k) => ({
    name: names[k] ?? String(k),
    training: many,
    trainingShare: many / training.rows,
    ...(validation?.classes && {
      validation: validation.classes[k],
      validationShare: validation.classes[k] / validation.rows,
    }),
  }))
}

export function BalancePanel({ data, names }: { readonly data: KnownData; readonly names: readonly string[] }) {
  const rows = classRows(data, names)
  const most = Math.max(...rows.flatMap((row) => [row.trainingShare, row.validationShare ?? 0]))
  const counts = rows.map((row) => row.training)
  const [least, greatest] = [Math.min(...counts), Math.max(...counts)]
  const bar = (share: number, colour: string) => (
    <span class="bar" aria-hidden="true">
      <i style={{ width: `${(100 * share) / (most || 1)}%`, background: `var(--${colour})` }} />
    </span>
  )
  return (
    <Panel
      title="Balance of the classes"
      decision="whether to weigh classes, or to gather more of some"
      rule={{
        words:
          'accuracy misleads where one class is much more frequent than others: guessing it alone reaches its share',
        href: notes,
      }}
      takeaways={[
        {
          ending: '.csv',
          make: () =>
            csv(
              ['class', 'training', 'validation'],
              rows.map((row) => [row.name, row.training, row.validation ?? '']),
            ),
        },
      ]}
    >
      <p class="note">
        {count(data.training.rows)} training
        {data.validation && <> and {count(data.validation.rows)} validation</>} examples in {count(rows.length)}{' '}
        classes;{' '}
        {least === 0
          ? `${count(counts.filter((many) => many === 0).length)} of them have no example.`
          : `the largest is ${significant(greatest / least, 2)} times the smallest.`}{' '}
        Always guessing the largest would be right for {percent(greatest / data.training.rows)}.
      </p>
      <div class="classes-scroll">
        <table class="list facts classes">
          <thead>
            <tr>
              <th>class</th>
              <th aria-hidden="true" />
              <th class="number">training</th>
              {data.validation && <th class="number">validation</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <td class="class-name">{row.name}</td>
                <td class="bars">
                  {bar(row.trainingShare, 'training')}
                  {row.validationShare !== undefined && bar(row.validationShare, 'validation')}
                </td>
                <td class="number">
                  {count(row.training)} <span class="of">{percent(row.trainingShare)}</span>
                </td>
                {data.validation && (
                  <td class="number">
                    {count(row.validation ?? 0)} <span class="of">{percent(row.validationShare ?? 0)}</span>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

export function TargetsPanel({ data }: { readonly data: KnownData }) {
  const targets = data.training.targets ?? []
  return (
    <Panel
      title="Targets"
      decision="whether to scale the targets, and which loss to take"
      rule={{
        words: 'targets of a deviation near 1 suit usual learning rates; a few far away ask for a loss such as Huber’s',
        href: notes,
      }}
    >
      {targets.map((target, i) => (
        // Outputs have no names.
        <figure key={`output ${String(i)}`} class="targets">
          <figcaption class="note">
            {targets.length > 1 && `output ${i}: `}mean {significant(target.mean)}, deviation{' '}
            {significant(target.deviation)}, from {significant(target.min)} to {significant(target.max)}
          </figcaption>
          <Plot
            label={`how the targets of output ${i} are distributed`}
            bars={{ ...target.histogram, colour: 'training' }}
            x={{ title: 'target' }}
            y={{ title: 'training examples' }}
            height={150}
          />
        </figure>
      ))}
    </Panel>
  )
}
