/** @file The rates that trials try, and by which names they are told. */

/** By what all learning rates are multiplied: about three a decade, two decades each way. */
export const rateFactors = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100] as const

/** Tried in their order for as long as the last one tried is the best: rates that are off by more than a hundred times. */
export const furtherFactors = { up: [300, 1000, 3000, 10_000], down: [0.003, 0.001, 0.0003, 0.0001] } as const

/** Name of the value that says where the loss came to at a rate. */
export function rateName(factor: number): string {
  return `loss at ${factor}`
}

/** The factor in such a name; NaN in any other. */
export function factorIn(name: string): number {
  return name.startsWith('loss at ') ? Number(name.slice('loss at '.length)) : Number.NaN
}
