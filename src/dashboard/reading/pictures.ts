/** @file The first layer's weights as images, at one moment of a run. */
import type { Pictures, PicturesRequest } from '../documents.ts'
import type { RunReader } from './run-reader.ts'

export function picturesOf({ probes }: Pick<RunReader, 'probes'>, { name, step }: PicturesRequest): Pictures {
  const all = probes.filter(({ pictures }) => pictures !== undefined)
  const names = [...new Set(all.flatMap(({ pictures }) => Object.keys(pictures ?? {})))]
  const wanted = name ?? names[0]
  const moments = all.filter(({ pictures }) => pictures?.[wanted] !== undefined)
  const found = (step === undefined ? undefined : moments.find((moment) => moment.step >= step)) ?? moments.at(-1)
  const picture = found?.pictures?.[wanted]
  return {
    names,
    ...(wanted !== undefined && { name: wanted }),
    steps: moments.map((moment) => moment.step),
    epochs: moments.map(({ epoch }) => epoch),
    ...(found &&
      picture && { picture: { step: found.step, shape: picture.shape, values: Array.from(picture.values) } }),
  }
}
