/** @file What other processes do meanwhile: on a shared machine it decides whether a round counts. */
import { cpus } from 'node:os'

/**
 * Begins to watch. The returned function tells which share of all cores' time went to processes that are neither this one nor
 * a peer since then.
 *
 * @param peersCpu processor time that the peers have used so far, in milliseconds
 */
export function watchBystanders(peersCpu: () => number): () => number {
  const start = clocks()
  const ours = peersCpu() + ownCpu()
  return () => {
    const end = clocks()
    const others = end.busy - start.busy - (peersCpu() + ownCpu() - ours)
    return Math.max(0, others) / Math.max(1, end.all - start.all)
  }
}

/** Milliseconds since the system's start, summed over the cores. */
function clocks(): { busy: number; all: number } {
  let busy = 0
  let idle = 0
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq
    idle += times.idle
  }
  return { busy, all: busy + idle }
}

function ownCpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
