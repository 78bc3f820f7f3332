/** @file The diagnosis of a run, live or afterwards: events in, findings out. Pure: the same events give the same findings. */
import { symptoms } from './causes.ts'
import type { FindingEvent, RunEvent } from './events.ts'
import { type Finding, type FindingCode, isTrouble, type Judgement, type Severity } from './finding.ts'
import { History } from './history.ts'
import type { DiagnosisRule, TooEarly } from './rule.ts'
import { rules as allRules } from './rules/index.ts'

/** The whole in one word and one sentence. */
export interface Verdict {
  /** 'too-early': nothing is wrong so far, and the evidence is thin. */
  readonly state: 'nothing-wrong' | 'too-early' | 'warning' | 'error'
  readonly words: string
}

export interface DiagnosisReport {
  readonly verdict: Verdict
  /** The worst and surest first. */
  readonly findings: readonly Finding[]
}

/** Between two looks the run has grown by this factor: the cost of all looks together grows with its logarithm. */
const growth = 1.5
/** A live finding must be seen in so many looks, one after the other, and be missed in as many. */
const looksToChange = 2
/** Below it a judgement is kept to oneself. */
const leastConfidence = 0.5

/** What all rules say of a run as it stands. */
interface Look {
  readonly findings: readonly Finding[]
  /** Steps that would do for the rules that abstain. */
  readonly needed: number
}

interface Live {
  finding: Finding
  seen: number
  missed: number
  told: boolean
}

/**
 * Diagnoses a run that has been recorded.
 *
 * @param events of one run, in their order
 */
export function diagnose(events: Iterable<RunEvent>): DiagnosisReport {
  const diagnosis = new Diagnosis()
  for (const event of events) diagnosis.take(event)
  return diagnosis.report()
}

/** A diagnosis that goes along with a run. */
export class Diagnosis {
  readonly #history = new History()
  readonly #rules: readonly DiagnosisRule[]
  readonly #live = new Map<string, Live>()
  #lookedAt = 0
  /** What the last look saw; undefined when more has been told since. */
  #seen: Look | undefined

  /** @param rules default: all */
  constructor(rules: readonly DiagnosisRule[] = Object.values(allRules)) {
    this.#rules = rules
  }

  /** @returns what appeared or cleared with this event */
  take(event: RunEvent): readonly FindingEvent[] {
    this.#history.take(event)
    this.#seen = undefined
    if (!this.#isTimeToLook(event)) return []
    this.#lookedAt = this.#history.step
    return this.#changes(this.#look().findings)
  }

  /** What is known now. */
  report(): DiagnosisReport {
    const { findings, needed } = this.#look()
    const since = findings.map((finding) => ({
      ...finding,
      at: this.#live.get(keyOf(finding))?.finding.at ?? finding.at,
    }))
    return { verdict: verdictOf(since, this.#history, needed), findings: since }
  }

  #isTimeToLook({ type }: RunEvent): boolean {
    if (type === 'end' || type === 'experiment') return true
    if (type === 'start') return true
    if (type !== 'epoch' && type !== 'steps' && type !== 'log') return false
    return this.#history.step >= Math.max(this.#lookedAt * growth, 10)
  }

  #look(): Look {
    this.#seen ??= this.#judge()
    return this.#seen
  }

  #judge(): Look {
    let needed = 0
    const found: Finding[] = []
    for (const rule of this.#rules) {
      const judged = rule.judge(this.#history)
      if (judged === undefined) continue
      if (isTooEarly(judged)) needed = Math.max(needed, judged.tooEarly)
      else
        for (const judgement of [judged].flat() as readonly Judgement[])
          if (judgement.confidence >= leastConfidence) found.push(this.#finding(rule, judgement))
    }
    return { findings: withoutSymptoms(found).sort(byWeight), needed }
  }

  #finding({ code, source }: DiagnosisRule, judgement: Judgement): Finding {
    const { epoch, step } = this.#history
    return { ...judgement, code, at: { epoch, step }, source, explains: [] }
  }

  #changes(findings: readonly Finding[]): readonly FindingEvent[] {
    const changes: FindingEvent[] = []
    const atEnd = this.#history.ended
    const enough = (looks: number) => looks >= looksToChange || atEnd
    const here = new Set(findings.map(keyOf))
    for (const finding of findings) {
      const key = keyOf(finding)
      const live = this.#live.get(key) ?? { finding, seen: 0, missed: 0, told: false }
      this.#live.set(key, live)
      live.finding = { ...finding, at: live.finding.at }
      live.seen += 1
      live.missed = 0
      // What is known before the first step, and what ends a run, needs no second look.
      const isSure = finding.basis !== 'run' || finding.severity === 'error'
      if (!live.told && (isSure || enough(live.seen))) {
        live.told = true
        changes.push({ type: 'finding', finding: live.finding })
      }
    }
    for (const [key, live] of this.#live) {
      if (here.has(key)) continue
      live.missed += 1
      live.seen = 0
      if (!enough(live.missed)) continue
      this.#live.delete(key)
      const { code, where } = live.finding
      const { epoch, step } = this.#history
      if (live.told)
        changes.push({ type: 'finding-cleared', code, ...(where !== undefined && { where }), at: { epoch, step } })
    }
    return changes
  }
}

const isTooEarly = (judged: object): judged is TooEarly => 'tooEarly' in judged

const keyOf = ({ code, where }: Finding) => `${code} ${where ?? ''}`

const weights: Readonly<Record<Severity, number>> = { error: 2, warning: 1, info: 0 }
const byWeight = (a: Finding, b: Finding) =>
  weights[b.severity] - weights[a.severity] || b.confidence - a.confidence || (a.code < b.code ? -1 : 1)

/** Only trouble explains other trouble away. */
function withoutSymptoms(found: readonly Finding[]): Finding[] {
  const present = new Set(found.filter(isTrouble).map(({ code }) => code))
  const causeOf = (code: FindingCode) => [...present].find((cause) => symptoms[cause]?.includes(code))
  return found
    .filter(({ code }) => causeOf(code) === undefined)
    .map((finding) => ({
      ...finding,
      explains: isTrouble(finding) ? (symptoms[finding.code] ?? []).filter((code) => present.has(code)) : [],
    }))
}

function verdictOf(findings: readonly Finding[], run: History, needed: number): Verdict {
  const [worst] = findings.filter(isTrouble)
  if (worst !== undefined)
    return { state: worst.severity as 'warning' | 'error', words: `${worst.words} ${worst.advice}` }
  if (needed > run.step) return { state: 'too-early', words: `Too early to say: ${run.step} of ${needed} steps.` }
  return { state: 'nothing-wrong', words: 'Nothing wrong was found.' }
}
