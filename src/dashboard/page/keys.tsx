/** @file What the keyboard does. */
import { signal } from '@preact/signals'
import { run } from './state.ts'
import { axis, cursor, isLogarithmic, linkTo, place, tensor, zoom } from './view.ts'

export const areKeysShown = signal(false)

const keys: readonly (readonly [key: string, words: string])[] = [
  ['← →', 'move the time cursor; with Shift ten times as far'],
  ['Esc', 'take back cursor, zoom and selection'],
  ['l', 'losses on a logarithmic or linear axis'],
  ['e s t', 'by epoch, step or seconds'],
  ['1 … 9', 'sections of a run'],
  ['?', 'these keys'],
]

/** @param sections of the run that is shown, in their order */
export function onKey(event: KeyboardEvent, sections: readonly { readonly id: string }[]): void {
  const { target, key } = event
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return
  const { run: id } = place.value
  if (key === '?') areKeysShown.value = !areKeysShown.value
  else if (key === 'Escape') {
    areKeysShown.value = false
    cursor.value = tensor.value = zoom.value = undefined
  } else if (key === 'l') isLogarithmic.value = !isLogarithmic.value
  else if (key === 'e') axis.value = 'epoch'
  else if (key === 's') axis.value = 'step'
  else if (key === 't') axis.value = 'seconds'
  else if (/^[1-9]$/.test(key) && id !== undefined) {
    const section = sections[Number(key) - 1]
    if (section) location.hash = linkTo(id, section.id)
  } else if ((key === 'ArrowLeft' || key === 'ArrowRight') && run.value)
    move(key === 'ArrowLeft' ? -1 : 1, event.shiftKey)
  else return
  event.preventDefault()
}

function move(direction: -1 | 1, isFar: boolean): void {
  const { card, step, seconds = 0 } = run.value ?? { card: undefined, step: 0 }
  const end = { epoch: card?.epoch ?? 0, step, seconds }[axis.value]
  const [from, to] = zoom.value ?? [0, end]
  const next = (cursor.value ?? to) + (direction * (to - from) * (isFar ? 10 : 1)) / 100
  cursor.value = Math.min(Math.max(next, from), to)
}

export function Keys() {
  if (!areKeysShown.value) return null
  return (
    <div class="keys" onClick={() => (areKeysShown.value = false)} onKeyDown={() => {}} role="presentation">
      <div role="dialog" aria-label="keys">
        <table>
          <tbody>
            {keys.map(([key, words]) => (
              <tr key={key}>
                <td>
                  <kbd>{key}</kbd>
                </td>
                <td>{words}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}
