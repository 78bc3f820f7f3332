/** @file Which coordinates of a tensor are looked at one by one: a quota of each, by size of the gradient and by place, seeded. */
import { RandomStream } from '../base/random.ts'

/**
 * Positions in rising order. A third are those with the largest gradients, a tenth of those where it is exactly 0, the first and the last;
 * the others are drawn one from each of equal stretches of the tensor.
 *
 * @param quota at most so many
 */
export function chooseCoordinates(gradient: Float64Array, quota: number, seed: number, name: string): number[] {
  const size = gradient.length
  if (size <= quota) return Array.from(gradient.keys())
  const random = new RandomStream(seed, `check/${name}`)
  const chosen = new Set<number>()
  const take = (index: number) => {
    if (chosen.size < quota) chosen.add(index)
  }
  const byMagnitude = Array.from(gradient.keys()).sort((a, b) => Math.abs(gradient[b]) - Math.abs(gradient[a]))
  for (const index of byMagnitude.slice(0, Math.ceil(quota / 3))) take(index)
  take(0)
  take(size - 1)
  const zeros = byMagnitude.filter((index) => gradient[index] === 0)
  for (let i = 0; i < Math.ceil(quota / 10) && zeros.length > 0; i++) take(zeros[random.integer(zeros.length)])
  const stretches = quota - chosen.size
  for (let i = 0; i < stretches; i++) {
    const [from, to] = [Math.floor((i * size) / stretches), Math.floor(((i + 1) * size) / stretches)]
    take(from + random.integer(Math.max(1, to - from)))
  }
  while (chosen.size < quota) take(random.integer(size))
  return [...chosen].sort((a, b) => a - b)
}
