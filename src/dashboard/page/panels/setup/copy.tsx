/** @file A button that copies a text. */
import { useState } from 'preact/hooks'

export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const [said, say] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      say('copied')
    } catch {
      say('select it by hand')
    }
    window.setTimeout(() => say(''), 1500)
  }
  return (
    <button type="button" class="copy" aria-label={`copy ${what}`} onClick={() => void copy()}>
      <span aria-live="polite">{said || 'copy'}</span>
    </button>
  )
}
