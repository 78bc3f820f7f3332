/**
 * @file What the reader looks at: which run and section, the cursor, the selected tensor, the axis. It stands in the address, so that a
 * link shows the same.
 *
 *     #/                        the list of runs
 *     #/runs/ID/layers?tensor=dense1.weight&cursor=3.5
 *     #/compare?runs=A,B
 */
import { batch, computed, effect, type Signal, signal } from '@preact/signals'
import { type Axis, axes } from '../documents.ts'

/** The part of the page; of a run, its section: 'overview', 'layers', … */
export const place = signal<{ readonly page: string; readonly run?: string; readonly section: string }>({
  page: 'runs',
  section: 'overview',
})

/** Position on the shared axis, in its unit; undefined where the reader points at nothing. One for all panels. */
export const cursor = signal<number | undefined>(undefined)
/** Tensor or layer that all panels show. */
export const tensor = signal<string | undefined>(undefined)
export const axis = signal<Axis>('epoch')
/** Of losses: a logarithmic vertical axis. */
export const isLogarithmic = signal(false)
/** The part of the axis that is shown; undefined: all. */
export const zoom = signal<readonly [from: number, to: number] | undefined>(undefined)
/** What a panel keeps in the address for itself, by a name of its own: `kept('compare.runs', '')`. */
const others = signal<Readonly<Record<string, string>>>({})

/** A setting of one panel that a permalink keeps: reads and writes one text. */
export function kept(name: string, fallback: string): Signal<string> {
  const value = computed(() => others.value[name] ?? fallback)
  return Object.defineProperty(value, 'value', {
    get: () => others.value[name] ?? fallback,
    set: (text: string) => {
      const { [name]: _, ...rest } = others.peek()
      others.value = text === fallback ? rest : { ...rest, [name]: text }
    },
  }) as unknown as Signal<string>
}

const known = new Set(['cursor', 'tensor', 'axis', 'log', 'from', 'to'])

const numberOf = (text: string | null) =>
  text === null || text === '' || !Number.isFinite(Number(text)) ? undefined : Number(text)

function read(hash: string): void {
  const [path, query = ''] = hash.replace(/^#/, '').split('?')
  const [page = '', run, section] = path.split('/').filter(Boolean).map(decodeURIComponent)
  const words = new URLSearchParams(query)
  batch(() => {
    place.value =
      page === 'runs' && run !== undefined
        ? { page: 'run', run, section: section ?? 'overview' }
        : { page: page || 'runs', section: 'overview' }
    cursor.value = numberOf(words.get('cursor'))
    tensor.value = words.get('tensor') ?? undefined
    axis.value = axes.find((name) => name === words.get('axis')) ?? 'epoch'
    isLogarithmic.value = words.get('log') === '1'
    const [from, to] = [numberOf(words.get('from')), numberOf(words.get('to'))]
    zoom.value = from !== undefined && to !== undefined && from < to ? [from, to] : undefined
    others.value = Object.fromEntries([...words].filter(([name]) => !known.has(name)))
  })
}

function written(): string {
  const words = new URLSearchParams(others.value)
  if (cursor.value !== undefined) words.set('cursor', String(Number(cursor.value.toPrecision(6))))
  if (tensor.value !== undefined) words.set('tensor', tensor.value)
  if (axis.value !== 'epoch') words.set('axis', axis.value)
  if (isLogarithmic.value) words.set('log', '1')
  if (zoom.value) {
    words.set('from', String(zoom.value[0]))
    words.set('to', String(zoom.value[1]))
  }
  const query = words.toString()
  return `${pathOf(place.value)}${query === '' ? '' : `?${query}`}`
}

function pathOf({ page, run, section }: { page: string; run?: string; section: string }): string {
  if (page === 'run' && run !== undefined) return `#/runs/${encodeURIComponent(run)}/${section}`
  return page === 'runs' ? '#/' : `#/${page}`
}

/** Address of a run's section, with what is selected now. */
export function linkTo(run: string, section = 'overview'): string {
  const [, query] = written().split('?')
  return `${pathOf({ page: 'run', run, section })}${run === place.value.run && query !== undefined ? `?${query}` : ''}`
}

/** Keeps address and view the same, in both directions. */
export function followAddress(): void {
  read(location.hash)
  window.addEventListener('hashchange', () => read(location.hash))
  effect(() => {
    const wanted = written()
    if (wanted !== (location.hash || '#/')) history.replaceState(null, '', wanted)
  })
}
