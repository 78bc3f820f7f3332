/** @file How distributions changed over a run: of activations, gradients, single losses. */
import type { ProbeEvent } from '../../train/events.ts'
import type { DistributionHistory, DistributionsRequest } from '../documents.ts'
import type { RunReader } from './run-reader.ts'

type Probes = Pick<RunReader, 'probes'>

/** In the order in which they were first told. */
export function distributionNames({ probes }: Probes): string[] {
  return [...new Set(probes.flatMap(({ distributions }) => Object.keys(distributions ?? {})))]
}

export function distributionHistory({ probes }: Probes, request: DistributionsRequest): DistributionHistory {
  const { name, moments = 120 } = request
  const all = probes.filter(({ distributions }) => distributions?.[name] !== undefined)
  const taken = spread(all, moments)
  return {
    name,
    step: taken.map(({ step }) => step),
    epoch: taken.map(({ epoch }) => epoch),
    seconds: taken.map(secondsOf),
    distributions: taken.map(({ distributions }) => (distributions ?? {})[name]),
  }
}

/** At most so many, at equal distances, the first and the last among them. */
function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))])
}

/** A recorded event has the time with it; the training's own has none. */
function secondsOf(event: ProbeEvent & { readonly seconds?: number }): number {
  return event.seconds ?? Number.NaN
}
