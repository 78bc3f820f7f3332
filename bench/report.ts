/** @file The benchmark's results as text. */
import { availableParallelism, cpus, release, type } from 'node:os'
import type { CaseResult } from './measure.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly system: string
  readonly node: string
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    system: `${type()} ${release()}`,
    node: process.versions.node,
  }
}

export function machineText({ cpu, cores, system, node }: Machine): string {
  return `${cpu}, ${cores} cores, ${system}, Node ${node}`
}

export function caseText(result: CaseResult): string {
  const rows = result.timings.map((t) => [
    `${t.peer} ${t.version}`,
    figure(t.median),
    `${figure(t.lowerQuartile)} to ${figure(t.upperQuartile)}`,
    t.ratioToPyTorch?.toFixed(2) ?? '-',
    t.form,
  ])
  const header = ['', 'ms per step', 'quartiles', '× PyTorch', 'form']
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)))
  const lines = [header, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === 4 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join('  ')
      .trimEnd(),
  )
  return [result.case.title, ...(rows.length > 0 ? lines : []), roundsText(result)].join('\n')
}

function roundsText({ rounds, disturbed }: CaseResult): string {
  if (disturbed === 0) return `${rounds} rounds`
  if (rounds === 0)
    return `NOT MEASURED: other processes used the cores in all of ${disturbed} rounds; let the machine be idle`
  return `${rounds} quiet rounds; in ${disturbed} more, other processes used the cores`
}

/** Three significant digits, without exponents. */
function figure(milliseconds: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(milliseconds)))
  return milliseconds.toFixed(Math.min(digits, 6))
}
