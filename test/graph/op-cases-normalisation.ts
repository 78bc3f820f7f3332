/** @file Drawn cases of the normalisations: with and without places, groups of any size, in both modes. */
import fc from 'fast-check'
import type { Attributes, NormalisationKind } from '../../src/graph/types.ts'
import { between, float, type OpCase, opCase } from './op-case.ts'
import { axisOf, flag, fromFront, seeds, shapes } from './op-draws.ts'

const anyReal = between(0.1, 2, true)

/** Mostly one that is felt: with the usual 1e-5 and two elements everything is 1 or −1, and slopes are nearly 0. */
const epsilon = fc.constantFrom<Attributes[]>({}, { epsilon: 0.1 }, { epsilon: 0.3 }, { epsilon: 0.5 })

const batchNormalization = fc
  .tuple(seeds, shapes(1, 4), flag, epsilon, flag)
  .map(([seed, shape, training, e, named]) => {
    const channels = [shape[1] ?? 1]
    const attributes = { ...e, ...(training && { training_mode: 1 }), ...(named && { momentum: 0.7 }) }
    const samples = [anyReal, anyReal, anyReal, between(0.3, 2)]
    return opCase(
      'BatchNormalization',
      seed,
      [float(shape, anyReal), ...samples.map((sample) => float(channels, sample))],
      attributes,
    )
  })

const layerNormalization = fc
  .tuple(seeds, shapes(1, 4), epsilon, flag, flag)
  .chain(([seed, [last, ...others], e, hasBias, named]) => {
    // A single unit is always its own mean: nothing is left to differentiate but rounding.
    const shape = [...others, last + 1]
    return axisOf(shape.length).map((axis) => {
      const normalised = shape.slice(named ? fromFront(axis, shape) : -1)
      const operands = [shape, normalised, ...(hasBias ? [normalised] : [])].map((dims) => float(dims, anyReal))
      return opCase('LayerNormalization', seed, operands, { ...e, ...(named && { axis }) })
    })
  })

const groupNormalization = fc.tuple(seeds, shapes(3, 5), epsilon).map(([seed, [groups, size, batch, ...places], e]) =>
  opCase(
    'GroupNormalization',
    seed,
    [[batch, groups * size, ...places], [groups], [groups]].map((shape) => float(shape, anyReal)),
    { ...e, num_groups: groups },
  ),
)

export const normalisationCases: Readonly<Record<NormalisationKind, fc.Arbitrary<OpCase>>> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
}
