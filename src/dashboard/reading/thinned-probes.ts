/** @file Probes' events of a long run, so many of each probe that memory stays bounded: those left stand at equal distances. */
import type { ProbeEvent } from '../../train/events.ts'

/** Of each probe: more than any panel shows. */
const most = 512

interface Kept {
  readonly probe: ProbeEvent
  /** In the order of all probes. */
  readonly number: number
}

export class ThinnedProbes {
  readonly #byProbe = new Map<string, { every: number; seen: number; kept: Kept[]; last: Kept }>()
  #number = 0
  #all: readonly ProbeEvent[] | undefined

  push(probe: ProbeEvent): void {
    const kept = { probe, number: this.#number++ }
    this.#all = undefined
    const of = this.#byProbe.get(probe.probe) ?? { every: 1, seen: 0, kept: [], last: kept }
    this.#byProbe.set(probe.probe, of)
    of.last = kept
    if (of.seen++ % of.every !== 0) return
    of.kept.push(kept)
    if (of.kept.length <= most) return
    of.kept = of.kept.filter((_, i) => i % 2 === 0)
    of.every *= 2
  }

  /** In their order. The last of each probe is always among them. */
  get all(): readonly ProbeEvent[] {
    this.#all ??= [...this.#byProbe.values()]
      .flatMap(({ kept, last }) => (kept.at(-1) === last ? kept : [...kept, last]))
      .sort((a, b) => a.number - b.number)
      .map(({ probe }) => probe)
    return this.#all
  }

  clear(): void {
    this.#byProbe.clear()
    this.#all = undefined
  }
}
