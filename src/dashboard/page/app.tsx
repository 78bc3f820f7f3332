/** @file The page as a whole: head, sections, and what stands in them. */
import { useEffect } from 'preact/hooks'
import { isDark, setScheme } from './colours.ts'
import { areKeysShown, Keys, onKey } from './keys.tsx'
import { RunHead } from './run-head.tsx'
import { pages, sections } from './sections.ts'
import { isConnected, isLive, run } from './state.ts'
import { linkTo, place } from './view.ts'

export function App() {
  const { page, run: id, section } = place.value
  const shown = sections.filter(({ has }) => run.value && (has === undefined || has(run.value)))
  useEffect(() => {
    document.title = run.value ? `${run.value.card.name} · Rappel` : 'Rappel'
  }, [run.value?.card.name])
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event, shown)
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  })
  return (
    <>
      <header class="top">
        <a class="brand" href="#/">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path
              d="M2 2c2.5 0 2 9 6 9s4 3 6 3"
              fill="none"
              stroke="var(--accent)"
              stroke-width="2.4"
              stroke-linecap="round"
            />
          </svg>
          Rappel
        </a>
        <nav aria-label="pages">
          {pages.map(({ id: name, title }) => (
            <a
              key={name}
              href={name === 'runs' ? '#/' : `#/${name}`}
              aria-current={page === name || (name === 'runs' && page === 'run') ? 'page' : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <span class="spring" />
        {!isLive.value && <span class="pill plain">report</span>}
        {!isConnected.value && (
          <span class="pill warning" role="status">
            not connected; trying again
          </span>
        )}
        <button type="button" class="quiet" aria-label="keys" onClick={() => (areKeysShown.value = true)}>
          keys
        </button>
        <button
          type="button"
          class="quiet"
          aria-label="light or dark"
          onClick={() => setScheme(isDark() ? 'light' : 'dark')}
        >
          ◐
        </button>
      </header>
      <main>
        {page === 'run' && id !== undefined ? (
          <RunPage id={id} section={section} shown={shown} />
        ) : (
          <SectionView name={page} all={pages} />
        )}
      </main>
      <Keys />
    </>
  )
}

function RunPage({
  id,
  section,
  shown,
}: {
  readonly id: string
  readonly section: string
  readonly shown: typeof sections
}) {
  if (run.value === null)
    return (
      <div class="empty">
        <h2>There is no run ‘{id}’ here</h2>
        <a href="#/">All runs</a>
      </div>
    )
  if (run.value === undefined) return null
  return (
    <>
      <RunHead run={run.value} />
      <nav class="sections" aria-label="sections">
        {shown.map(({ id: name, title }) => (
          <a key={name} href={linkTo(id, name)} aria-current={section === name ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <SectionView name={section} all={shown} />
    </>
  )
}

function SectionView({ name, all }: { readonly name: string; readonly all: typeof sections }) {
  const found = all.find(({ id }) => id === name) ?? all[0]
  return found ? <found.View key={found.id} /> : null
}
