/** @file What the diagnosis found, the worst first. A finding, clicked, sets the time cursor and the tensor of all panels. */
import type { RunNow, ShownFinding } from '../documents.ts'
import { count, percent, position, significant } from './format.ts'
import { axis, cursor, linkTo, tensor } from './view.ts'

export function Findings({ run }: { readonly run: RunNow }) {
  const open = run.findings.filter(({ clearedAt }) => clearedAt === undefined)
  const cleared = run.findings.filter(({ clearedAt }) => clearedAt !== undefined)
  const isTrouble = open.some(({ finding }) => finding.severity !== 'info')
  return (
    <div class="findings">
      {!isTrouble && <Statement run={run} />}
      {open.map((shown) => (
        <FindingView key={keyOf(shown)} shown={shown} run={run} />
      ))}
      {cleared.length > 0 && (
        <details>
          <summary>{cleared.length} cleared: no longer so</summary>
          <div class="findings">
            {cleared.map((shown) => (
              <FindingView key={keyOf(shown)} shown={shown} run={run} />
            ))}
          </div>
        </details>
      )}
    </div>
  )
}

const keyOf = ({ finding }: ShownFinding) => `${finding.code} ${finding.where ?? ''}`

/** That nothing is wrong, or that it is too early to say. */
function Statement({ run: { card } }: { readonly run: RunNow }) {
  const { verdict, state } = card
  if (verdict === undefined) return <p class="note">Nobody has diagnosed this run.</p>
  const isGood = verdict.state === 'nothing-wrong'
  return (
    <div class={`statement ${isGood ? 'good' : 'wait'}`}>
      <span class="sign" aria-hidden="true">
        {isGood ? '✓' : '…'}
      </span>
      <div>
        <b>{verdict.words}</b>
        {!isGood && state === 'running' && <span class="note">It is looked at again while it goes on.</span>}
      </div>
    </div>
  )
}

function FindingView({ shown, run }: { readonly shown: ShownFinding; readonly run: RunNow }) {
  const { finding, clearedAt } = shown
  const { code, severity, where, at, words, advice, confidence, evidence, explains, source, basis } = finding
  const isOfLayer = where !== undefined && run.seriesNames.some((name) => name.endsWith(`/${where}`))
  const select = () => {
    const place = axis.value === 'step' ? at.step : at.epoch
    if (Number.isFinite(place) && axis.value !== 'seconds') cursor.value = place
    if (isOfLayer) tensor.value = where
  }
  return (
    <article class={`finding ${clearedAt ? 'cleared' : severity}`}>
      <button type="button" class="head" onClick={select} title="show when and where">
        <span class="code">{code}</span>
        {where !== undefined && <span class="mono">{where}</span>}
        <span class="since">{sinceText(shown)}</span>
      </button>
      <p>{words}</p>
      {advice !== '' && <p class={severity === 'info' ? 'note' : 'advice'}>{advice}</p>}
      <details>
        <summary>
          evidence: {basis.replace('-', ' ')}, confidence {percent(confidence, 0)}
        </summary>
        <dl>
          {Object.entries(evidence).map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{significant(value)}</dd>
            </>
          ))}
        </dl>
        {explains.length > 0 && <p>It explains: {explains.join(', ')}.</p>}
        <p>{source}</p>
      </details>
      {isOfLayer && (
        <p class="note">
          <a href={linkTo(run.card.id, 'layers')} onClick={select}>
            Show {where} in Layers
          </a>
        </p>
      )}
    </article>
  )
}

function sinceText({ finding: { at, basis }, clearedAt }: ShownFinding): string {
  if (clearedAt !== undefined) return `cleared at step ${count(clearedAt.step)}`
  if (basis === 'data' || basis === 'graph') return `of the ${basis === 'data' ? 'data' : 'net'}`
  if (at.step === 0) return 'from the start'
  return Number.isFinite(at.epoch)
    ? `since epoch ${position(Math.round(at.epoch * 100) / 100)}`
    : `since step ${count(at.step)}`
}
