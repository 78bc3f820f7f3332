/** @file The frame of a panel: its name, which decision it informs, its rule of thumb, and how to take away what it shows. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

/** A file that the reader can save. */
export interface Takeaway {
  /** '.png', '.svg', '.csv'. */
  readonly ending: string
  make(): Promise<Blob> | Blob
}

export interface PanelProps {
  readonly title: string
  /** Which decision it informs: 'whether to lower the learning rate'. */
  readonly decision: string
  /** The rule of thumb in a sentence, and where it stands. */
  readonly rule?: { readonly words: string; readonly href?: string }
  /** Controls at the right of the title. */
  readonly controls?: ComponentChildren
  readonly takeaways?: readonly Takeaway[]
  /** Further classes: 'wide' goes over the whole width of the section. */
  readonly kind?: string
  readonly children: ComponentChildren
}

export function Panel({ title, decision, rule, controls, takeaways = [], kind = '', children }: PanelProps) {
  const [isOpen, setOpen] = useState(false)
  return (
    <section class={`panel ${kind}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <div class="controls">
          {controls}
          {takeaways.map((takeaway) => (
            <button
              key={takeaway.ending}
              type="button"
              class="quiet takeaway"
              title={`save as ${takeaway.ending}`}
              onClick={() => void save(title, takeaway)}
            >
              {takeaway.ending.slice(1)}
            </button>
          ))}
          <button
            type="button"
            class="quiet"
            aria-expanded={isOpen}
            aria-label={`what ${title} is for`}
            onClick={() => setOpen(!isOpen)}
          >
            ?
          </button>
        </div>
      </header>
      {isOpen && (
        <p class="purpose">
          Informs {decision}.{' '}
          {rule && <>Rule of thumb: {rule.href === undefined ? rule.words : <a href={rule.href}>{rule.words}</a>}.</>}
        </p>
      )}
      {children}
    </section>
  )
}

async function save(title: string, { ending, make }: Takeaway): Promise<void> {
  const url = URL.createObjectURL(await make())
  const link = document.createElement('a')
  link.href = url
  link.download = `${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}${ending}`
  link.click()
  URL.revokeObjectURL(url)
}

/** Rows as comma-separated values; texts that hold commas, quotes or line breaks are quoted (RFC 4180). */
export function csv(names: readonly string[], rows: Iterable<readonly (number | string)[]>): Blob {
  const cell = (value: number | string) =>
    typeof value === 'string' && /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : String(value)
  const lines = [names, ...rows].map((row) => row.map(cell).join(','))
  return new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv' })
}
