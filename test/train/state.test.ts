/** @file What training changes: where it lies and how it starts. */
import { expect, test } from 'vitest'
import { isPlaced, numbers } from '../../src/base/tensor.ts'
import { dense, sequential } from '../../src/nn/layers.ts'
import { squaredError } from '../../src/nn/loss.ts'
import { rule } from '../../src/optim/rule.ts'
import { trainingGraph } from '../../src/train/graphs.ts'
import { currentParameters, initialState, paddedLength, parameterValues } from '../../src/train/state.ts'
import { stepThrough } from './steps.ts'

const net = {
  model: sequential(dense(5), dense(3, { bias: false }), dense(1)),
  loss: squaredError(),
  featureShape: [4],
  targetShape: [1],
}
const said = trainingGraph(net, 2)
const { parameters } = said
// Adds 1 to the parameter, to the copy of it and to the count; keeps the gradient's place.
const counting = rule({
  name: 'counting',
  hyper: {},
  state: { copy: 'parameter', count: 2.5, none: 'zeros' },
  update: (op, { x, copy, count, none }) => ({ x: op.add(x, 1), copy: op.add(copy, 1), count: op.add(count, 1), none }),
})

test.each([1, 2] as const)(
  '%i sets: every tensor on a boundary, each role one region in the order of the parameters',
  (sets) => {
    const state = initialState(said, counting, 1, sets)
    expect(state.sets).toHaveLength(sets)
    expect(Object.keys(state.sets[0]).toSorted()).toEqual(
      [...(sets === 1 ? ['g'] : []), 'copy', 'count', 'none', 'x'].toSorted(),
    )
    const buffers = state.sets.flatMap((set) =>
      Object.values(set).map(({ region, tensors }) => {
        let offset = region.data.byteOffset
        for (const t of tensors) {
          expect([isPlaced(t), t.data.byteOffset]).toEqual([true, offset])
          offset += 4 * paddedLength(t.shape)
        }
        expect(offset - region.data.byteOffset).toBe(region.data.byteLength)
        return region.data.byteOffset
      }),
    )
    expect(new Set(buffers).size).toBe(buffers.length) // no two regions in one place
    // 20, 5, 15, 3 and 1 numbers: 32, 16, 16, 16 and 16 with padding to 16 floats.
    expect(parameters.map(({ value }) => paddedLength(value.shape))).toEqual([32, 16, 16, 16, 16])
  },
)

test('states start as zeros, as one number, as the parameter; the gradient at 0', () => {
  const { sets } = initialState(said, counting, 1, 1)
  const [{ x, copy, count, none, g }] = sets
  parameters.forEach((_, i) => {
    expect(copy.tensors[i].data).toEqual(x.tensors[i].data)
    expect(copy.tensors[i].data).not.toBe(x.tensors[i].data)
    expect(new Set(count.tensors[i].data)).toEqual(new Set([2.5]))
    expect(new Set([...none.tensors[i].data, ...g.tensors[i].data])).toEqual(new Set([0]))
  })
})

test.each([
  ['wasm', 1, 3],
  ['nodes', 1, 3],
  ['nodes', 3, 3],
  ['nodes', 2, 4],
] as const)('%s, %i together: every state goes on from step to step', async (form, together, count) => {
  const batches = Array.from({ length: count }, () => ({ inputs: [1, 2, 3, 4], targets: [1] }))
  const before = initialState(said, counting, 1, 1)
  const { state } = await stepThrough(net, counting, batches, { form, together })
  expect(state.step).toBe(count)
  const now = state.sets[state.current]
  parameters.forEach(({ name }, i) => {
    const start = [...before.sets[0].x.tensors[i].data]
    let byHand = start
    for (let step = 0; step < count; step++) byHand = byHand.map((value) => Math.fround(value + 1))
    expect([...now.x.tensors[i].data]).toEqual(byHand)
    expect([...now.copy.tensors[i].data]).toEqual(byHand)
    expect(new Set(now.count.tensors[i].data)).toEqual(new Set([2.5 + count]))
    expect(new Set(now.none.tensors[i].data)).toEqual(new Set([0]))
    expect(numbers(currentParameters(state)[name])).toEqual(byHand)
  })
})

test('what is handed out is a copy', () => {
  const state = initialState(said, counting, 1, 1)
  const copy = parameterValues(state)['dense1.weight']
  const kept = [...copy.data]
  state.sets[0].x.region.data.fill(7)
  expect([...copy.data]).toEqual(kept)
  expect(new Set(currentParameters(state)['dense1.weight'].data)).toEqual(new Set([7]))
})
