/** @file What the page knows: the source's news as signals, and answers to questions that stay up to date. */
import { effect, type ReadonlySignal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Question, Questions, RunCard, RunNow, Source } from '../documents.ts'
import { followAddress, place } from './view.ts'

let source: Source

/** Undefined until the source has told for the first time. */
export const runs = signal<readonly RunCard[] | undefined>(undefined)
/** The run that is looked at; null where there is none of that name. */
export const run = signal<RunNow | null | undefined>(undefined)
export const isConnected = signal(true)
/** Milliseconds since 1970, each second anew while runs may change. */
export const now = signal(0)
export const isLive = signal(true)

export function begin(given: Source): void {
  source = given
  isLive.value = source.live
  now.value = source.now()
  if (source.live) window.setInterval(() => (now.value = source.now()), 1000)
  followAddress()
  let end: (() => void) | undefined
  let followed: string | undefined | null = null
  effect(() => {
    const wanted = place.value.run
    if (wanted === followed) return
    followed = wanted
    end?.()
    run.value = undefined
    end = source.follow(
      wanted,
      (news) => {
        if (news.runs !== undefined) runs.value = news.runs
        if (news.changed !== undefined) runs.value = merged(runs.value ?? [], news.changed)
        if (news.run !== undefined) run.value = news.run
      },
      (connected) => (isConnected.value = connected),
    )
  })
}

function merged(before: readonly RunCard[], changed: readonly RunCard[]): readonly RunCard[] {
  const byId = new Map(changed.map((card) => [card.id, card]))
  return before.map((card) => byId.get(card.id) ?? card)
}

/** An answer; while a newer one is awaited, the last one. */
export interface Answer<T> {
  readonly value?: T
  readonly error?: string
}

/** Milliseconds at least between two questions of the same kind while a run goes on. */
const pace = 1000

/**
 * Asks a question of a run, and again whenever the request or the run changes.
 *
 * @param id of the run; default: the one that is looked at
 * @param request undefined: nothing is asked
 */
export function useAnswer<Q extends Question>(
  question: Q,
  request: Questions[Q]['request'] | undefined,
  id?: string,
): ReadonlySignal<Answer<Questions[Q]['answer']>> {
  const answer = useMemo(() => signal<Answer<Questions[Q]['answer']>>({}), [question])
  const text = JSON.stringify(request)
  useEffect(() => {
    if (text === undefined) return
    let [hasEnded, isAsking, askedAt, version]: [boolean, boolean, number, unknown] = [
      false,
      false,
      Number.NEGATIVE_INFINITY,
      undefined,
    ]
    let timer: number | undefined
    let isFinal = false
    const asked = id ?? place.value.run
    if (asked === undefined) return
    const look = async () => {
      if (hasEnded || isAsking || isFinal) return
      const wait = askedAt + pace - source.now()
      if (wait > 0) {
        window.clearTimeout(timer)
        timer = window.setTimeout(look, wait)
        return
      }
      ;[isAsking, askedAt] = [true, source.now()]
      const current = versionOf(asked)
      try {
        const value = await source.ask(asked, question, JSON.parse(text))
        isFinal = isLastWord(value)
        if (!hasEnded) answer.value = { value }
      } catch (error) {
        if (hasEnded) return
        answer.value = { ...answer.peek(), error: (error as Error).message }
        // A server that does not answer now may do so later, when nothing else has changed.
        if (source.live) timer = window.setTimeout(look, 2 * pace)
      }
      ;[isAsking, version] = [false, current]
      if (versionOf(asked) !== version) void look()
    }
    const end = effect(() => {
      if (versionOf(asked) !== version) void look()
    })
    return () => {
      hasEnded = true
      window.clearTimeout(timer)
      end()
    }
  }, [question, text, id ?? place.value.run])
  return answer
}

/** What was told once, before the first step, is not asked for again while the run goes on. */
function isLastWord(value: object): boolean {
  return ('data' in value && value.data !== null) || ('check' in value && value.check !== null)
}

/** What changes when the run has changed. */
function versionOf(id: string): unknown {
  if (run.value?.card.id === id) return run.value.version
  return runs.value?.find((card) => card.id === id)?.writtenAt
}
