/** @file What passes through the layers, forwards and backwards: root mean squares at the start and late in the run. */
import type { History, SeenDistribution } from '../history.ts'

/** A root mean square before the first update, and the median over the last quarter of what was seen. */
export interface Size {
  readonly start: number
  readonly late: number
}

export interface LayerSignal {
  readonly name: string
  /** 'dense', 'relu', …; what stands before the number in its name where nobody says. */
  readonly kind: string
  readonly output: Size
  /** Of the objective's gradient by the outputs. */
  readonly gradient: Size
  readonly seen: number
}

/** In the order of building: outputs that feed others stand before them. */
export function layerSignal(run: History): readonly LayerSignal[] {
  const kinds = new Map((run.start?.layers ?? []).map(({ name, kind }) => [name, kind]))
  return run.distributionNames.flatMap((key) => {
    if (!key.startsWith('activation/')) return []
    const name = key.slice('activation/'.length)
    const outputs = run.distributions(key)
    const kind = kinds.get(name) ?? (name.split('.').at(-1) ?? name).replace(/\d+$/, '')
    const gradient = sizeOf(run.distributions(`gradient/${name}`))
    return [{ name, kind, output: sizeOf(outputs), gradient, seen: outputs.length }]
  })
}

const nothing = { start: Number.NaN, late: Number.NaN }

function sizeOf(seen: readonly SeenDistribution[]): Size {
  if (seen.length === 0) return nothing
  const sizes = seen.map(({ distribution: { mean, deviation } }) => Math.hypot(mean, deviation))
  const last = sizes.slice(Math.floor(0.75 * sizes.length)).sort((a, b) => a - b)
  return { start: sizes[0], late: last[Math.floor(last.length / 2)] }
}
