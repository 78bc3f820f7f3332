/** @file Compares the gradient of the net with that by hand. */
import { expect } from 'vitest'
import type { NumberArray } from '../../../src/check/objective.ts'
import type { GradientReport, Verdict } from '../../../src/check/report.ts'

type Net = { readonly [layer in 'hidden' | 'output']: { readonly w: NumberArray; readonly b: NumberArray } }

/** @param most the largest difference that is allowed: gradients of the net are of about 1 */
export function expectNet(actual: Net | undefined, expected: Net, most = 2e-6): void {
  for (const layer of ['hidden', 'output'] as const)
    for (const name of ['w', 'b'] as const) {
      const array = expected[layer][name]
      const found = actual?.[layer][name] ?? []
      expect(found.length, `${layer}.${name}`).toBe(array.length)
      array.forEach((value, i) => expect(Math.abs(found[i] - value), `${layer}.${name}`).toBeLessThanOrEqual(most))
    }
}

/** The verdict of each tensor. */
export function verdicts(report: GradientReport): Record<string, Verdict> {
  return Object.fromEntries(report.tensors.map(({ name, verdict }) => [name, verdict]))
}
