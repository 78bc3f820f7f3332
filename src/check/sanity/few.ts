/** @file The few examples that a net is to learn by heart, and the least loss that it can reach on them. */
import { RandomStream } from '../../base/random.ts'
import type { LossFormula } from '../../nn/loss.ts'
import { bestConstant, meanOver, type Targets } from './formula.ts'
import { pickFrom, type Sample } from './sample.ts'

/**
 * So many examples with different inputs, every class in its turn; all there are, where there are fewer.
 *
 * @param labelled whether the targets are class numbers, one for each example
 */
export function chooseFew(sample: Sample, most: number, labelled: boolean, seed: number): Sample {
  const random = new RandomStream(seed, 'sanity/few')
  const groups = new Map<number, number[]>()
  for (const place of random.permutation(sample.rows.length)) {
    const label = labelled ? sample.targets[place] : 0
    groups.set(label, [...(groups.get(label) ?? []), place])
  }
  const chosen: number[] = []
  const seen = new Set<string>()
  const queues = [...groups.values()]
  for (let turn = 0; queues.some((queue) => turn < queue.length); turn++)
    for (const queue of queues) {
      if (turn >= queue.length || chosen.length === most) continue
      const text = inputText(sample, queue[turn], sample.width)
      if (seen.has(text)) continue
      seen.add(text)
      chosen.push(queue[turn])
    }
  return pickFrom(
    sample,
    chosen.sort((a, b) => a - b),
  )
}

const inputText = ({ inputs, width }: Sample, place: number, length: number) =>
  inputs.subarray(place * width, place * width + length).join()

/**
 * The least mean loss on these examples: 0, or the entropy of their targets where these are smoothed or soft. In sequences a net that reads
 * from left to right has to give one answer to all that have the same beginning.
 *
 * @param length of the sequences, where there is a target for each step; otherwise 1
 */
export function reachable(formula: LossFormula, few: Sample, classes: number, length: number): number {
  const { rows, width, targetWidth } = few
  const perStep = targetWidth / length
  return meanOver(length, (step) => {
    const values = Float64Array.from({ length: rows.length * perStep }, (_, i) => {
      const [k, j] = [Math.floor(i / perStep), i % perStep]
      return few.targets[k * targetWidth + step * perStep + j]
    })
    const targets: Targets = { values, width: perStep, classes }
    const groups = new Map<string, number[]>()
    rows.forEach((_, k) => {
      const text = inputText(few, k, (width / length) * (step + 1))
      groups.set(text, [...(groups.get(text) ?? []), k])
    })
    const parts = [...groups.values()]
    return parts.reduce((sum, group) => sum + group.length * bestConstant(formula, targets, group), 0) / rows.length
  })
}
