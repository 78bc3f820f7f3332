/** @file The page as a whole: head, sections, and what stands in them. */
import { useEffect } from 'preact/hooks'
import { isDark, setScheme } from './colours.ts'
import { RunHead } from './run-head.tsx'
import { pages, sections } from './sections.ts'
import { isConnected, isLive, run } from './state.ts'
import { linkTo, place } from './view.ts'

export function App() {
  const { page, run: id, section } = place.value
  useEffect(() => {
    document.title = run.value ? `${run.value.card.name} · Rappel` : 'Rappel'
  }, [run.value?.card.name])
  const shown = sections.filter(({ has }) => run.value && (has === undefined || has(run.value)))
  return (
    <>
      <header class="top">
        <a class="brand" href="#/">
          Rappel
        </a>
        <nav aria-label="pages">
          {pages.map(({ id: name, title }) => (
            <a key={name} href={name === 'runs' ? '#/' : `#/${name}`} aria-current={page === name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <span class="spring" />
        {!isLive.value && <span class="pill">report</span>}
        {!isConnected.value && (
          <span class="pill warning" role="status">
            not connected; trying again
          </span>
        )}
        <button
          type="button"
          class="quiet"
          title="light or dark"
          onClick={() => setScheme(isDark() ? 'light' : 'dark')}
        >
          ◐
        </button>
      </header>
      {page === 'run' && id !== undefined ? (
        <main>
          {run.value === null && <p class="empty">There is no run ‘{id}’ here.</p>}
          {run.value && (
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
          )}
        </main>
      ) : (
        <main>
          <SectionView name={page} all={pages} />
        </main>
      )}
    </>
  )
}

function SectionView({ name, all }: { readonly name: string; readonly all: typeof sections }) {
  const found = all.find(({ id }) => id === name) ?? all[0]
  return found ? <found.View key={found.id} /> : null
}
