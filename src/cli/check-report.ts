/** @file The report of the checks, for a person: the gradients by parameter, then what is wrong and what to do, then the sanity checks. */
import { pointText } from '../check/model-check.ts'
import { worstVerdict } from '../check/model-report.ts'
import type { Band, GradientReport, TensorReport, Verdict } from '../check/report.ts'
import type { CheckDocument } from './check-document.ts'
import { count, type Paint } from './report.ts'
import { sanityLine, sanityText } from './sanity-report.ts'

/** From the least worrying to the most. */
const bands: readonly Band[] = [
  'zero',
  'noise',
  'happy',
  'fine',
  'kink',
  'uncomfortable',
  'jump',
  'wrong',
  'non-finite',
]

const colours: Readonly<Record<Band, Parameters<Paint>[0]>> = {
  zero: 'dim',
  noise: 'dim',
  happy: 'green',
  fine: 'green',
  kink: 'yellow',
  uncomfortable: 'yellow',
  jump: 'yellow',
  wrong: 'red',
  'non-finite': 'red',
}
const verdictColours = { pass: 'green', fail: 'red', inconclusive: 'yellow' } as const

/** One parameter over all points, data loss and penalty. */
interface Row {
  readonly name: string
  readonly shape: string
  readonly checked: string
  readonly zero: number
  readonly kinks: number
  readonly band: Band | undefined
  readonly relativeError: number
  readonly float32: number
  readonly verdict: Verdict
}

interface Named {
  readonly where: string
  readonly report: GradientReport
}

const reportsOf = ({ points }: CheckDocument): Named[] =>
  points.flatMap(({ steps, data, penalty }) => [
    { where: `data loss, ${pointText(steps)}`, report: data },
    ...(penalty ? [{ where: `penalty, ${pointText(steps)}`, report: penalty }] : []),
  ])

/** The whole report, ending in a line break. */
export function checkText(document: CheckDocument, paint: Paint): string {
  const parts = [headline(document, paint), table(rowsOf(document), paint), findings(document, paint)]
  const { warnings, verdict, words } = document
  parts.push(warnings.map((warning) => `${paint('yellow', 'warning')} ${warning}`).join('\n'))
  parts.push(`${paint(verdictColours[verdict], verdict)} ${words}`, sanityText(document.sanity, paint))
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** A line for each kind of check, for where the checks are not the matter. */
export function checkLines({ verdict, words, parameters, seconds, sanity }: CheckDocument): string {
  const gradients =
    verdict === 'pass' ? `pass, ${count(parameters)} parameters in ${seconds.toFixed(2)} s` : `${verdict}. ${words}`
  return `gradient check: ${gradients}\n${sanityLine(sanity)}`
}

function headline({ data, loss, penalty, parameters, examples, points, seconds }: CheckDocument, paint: Paint): string {
  const where = points.map(({ steps }) => pointText(steps)).join(' and ')
  const objective = penalty === undefined ? loss : `${loss} and ${penalty}`
  return `${paint('bold', data)}: gradients of ${objective}, ${count(parameters)} parameters, ${examples} examples, ${where}, in ${seconds.toFixed(2)} s`
}

function rowsOf(document: CheckDocument): Row[] {
  const reports = reportsOf(document)
  const names = reports[0]?.report.tensors.map(({ name }) => name) ?? []
  return names.map((name) => {
    const found = reports.flatMap(({ report }) => report.tensors.filter((tensor) => tensor.name === name))
    const narrow = document.points.flatMap(({ float32 }) => float32.tensors.filter((tensor) => tensor.name === name))
    const sum = (of: (tensor: TensorReport) => number) => found.reduce((total, tensor) => total + of(tensor), 0)
    const directions = sum((tensor) => tensor.directions?.length ?? 0)
    const checked = sum((tensor) => tensor.checked)
    return {
      name,
      shape: found[0].shape.join('×') || 'scalar',
      checked: directions > 0 ? `${count(checked)} + ${directions} dir.` : count(checked),
      zero: sum((tensor) => tensor.bands.zero),
      kinks: sum((tensor) => tensor.kinks),
      band: bands.findLast((band) => found.some((tensor) => tensor.bands[band] > 0)),
      relativeError: Math.max(...found.map((tensor) => tensor.relativeError)),
      float32: Math.max(...narrow.map(({ deviation }) => deviation)),
      verdict: worstVerdict([...found, ...narrow].map(({ verdict }) => verdict)),
    }
  })
}

const headings = ['parameter', 'shape', 'checks', 'zero', 'kinks', 'worst band', 'rel. error', 'float32', 'verdict']

/** Text is padded before it is painted: colours have no width. */
function table(rows: readonly Row[], paint: Paint): string {
  const cells = rows.map((row) => [
    row.name,
    row.shape,
    row.checked,
    count(row.zero),
    count(row.kinks),
    row.band ?? '',
    short(row.relativeError),
    short(row.float32),
    row.verdict,
  ])
  const widths = headings.map((heading, column) =>
    Math.max(...[heading, ...cells.map((row) => row[column])].map((text) => text.length)),
  )
  const isText = (column: number) => column === 0 || column === 5 || column === 8
  const padded = (texts: readonly string[]) =>
    texts.map((text, column) => (isText(column) ? text.padEnd(widths[column]) : text.padStart(widths[column])))
  const lines = cells.map((texts, i) => {
    const line = padded(texts)
    const { band, verdict } = rows[i]
    if (band !== undefined) line[5] = paint(colours[band], line[5])
    line[8] = paint(verdictColours[verdict], line[8].trimEnd())
    return line.join('  ')
  })
  return [paint('dim', padded(headings).join('  ').trimEnd()), ...lines].join('\n')
}

/** Two digits of what is only looked at for its size. */
function short(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value)
  return value.toExponential(0)
}

/** What is wrong, by parameter and by where it was found. */
function findings(document: CheckDocument, paint: Paint): string {
  const lines = reportsOf(document).flatMap(({ where, report }) =>
    report.tensors
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ name, verdict, words, diagnosis }) => {
        const told =
          diagnosis === undefined || words.includes(diagnosis.words)
            ? words
            : `${words.replace(/\.$/, '')}. ${diagnosis.words}`
        return `${paint(verdictColours[verdict], name)} (${where}): ${told}`
      }),
  )
  const narrow = document.points
    .filter(({ float32 }) => float32.verdict !== 'pass')
    .map(
      ({ steps, float32 }) =>
        `${paint(verdictColours[float32.verdict], 'float32')} (${pointText(steps)}): ${float32.words}`,
    )
  return [...lines, ...narrow].join('\n')
}
