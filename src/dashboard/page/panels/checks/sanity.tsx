/** @file What was looked at before learning: what was expected, what came, and what that means. */
import type { SanityFinding } from '../../../../check/sanity/report.ts'
import { csv, Panel } from '../../panel.tsx'

const docs = 'https://cs231n.github.io/neural-networks-3/#sanitycheck'
const rank = { fail: 0, warning: 1, pass: 2, skipped: 3 }

export function SanityPanel({
  findings,
  words,
}: {
  readonly findings: readonly SanityFinding[]
  readonly words: string
}) {
  return (
    <Panel
      title="Before the first step"
      decision="whether to train at all, or to mend data, loss or net first"
      rule={{
        words: 'first loss as chance gives it; a stronger penalty raises it; a few examples can be learned by heart',
        href: docs,
      }}
      takeaways={[{ ending: '.csv', make: () => sanityCsv(findings) }]}
    >
      <p class="note">{words}</p>
      <SanityTable findings={findings} />
    </Panel>
  )
}

/** The worst first; of one verdict in the order of the checks. */
export function SanityTable({ findings }: { readonly findings: readonly SanityFinding[] }) {
  const sorted = [...findings].sort((a, b) => rank[a.verdict] - rank[b.verdict])
  return (
    <ul class="sanity">
      {sorted.map((finding) => (
        <li key={`${finding.check} ${finding.code} ${finding.words}`} class={finding.verdict}>
          <span class={`badge ${finding.verdict}`}>{finding.verdict}</span>
          <div>
            <p>
              <b>{finding.check}</b>
              {finding.code !== undefined && <code>{finding.code}</code>} {finding.words}
            </p>
            {finding.expected !== '' && (
              <dl>
                <dt>expected</dt>
                <dd>{finding.expected}</dd>
                <dt>came</dt>
                <dd>{finding.got}</dd>
              </dl>
            )}
          </div>
        </li>
      ))}
    </ul>
  )
}

function sanityCsv(findings: readonly SanityFinding[]): Blob {
  return csv(
    ['check', 'verdict', 'code', 'expected', 'got', 'words'],
    findings.map(({ check, verdict, code = '', expected, got, words }) => [check, verdict, code, expected, got, words]),
  )
}
