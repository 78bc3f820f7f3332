/** @file Checks: whether the gradients are right, and what was looked at before the first step. */
import { run, useAnswer } from '../../state.ts'
import { type CheckDocumentLike, GradientPanel } from './gradient.tsx'
import { SanityPanel } from './sanity.tsx'

export function Checks() {
  const { value, error } = useAnswer('checks', {}).value
  if (error !== undefined) return <p class="error-text">{error}</p>
  if (value === undefined || !run.value) return null
  const check = value.check as CheckDocumentLike | null
  if (check === null)
    return (
      <p class="empty">
        Nothing was checked before this run. <code>rappel check</code> checks the gradients, the data, the loss and the
        net of a project; <code>rappel train --check</code> does so before it trains.
      </p>
    )
  return (
    <div class="panels single">
      <GradientPanel check={check} />
      {Array.isArray(check.sanity?.findings) && (
        <SanityPanel findings={check.sanity.findings} words={check.sanity.words} />
      )}
    </div>
  )
}
