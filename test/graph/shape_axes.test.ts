/** @file Squeeze, Unsqueeze, Tile and the modes of Pad: what they refuse, what files of others say, graphs for any batch size. */
import { describe, expect, it } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { freeBatch } from '../../src/graph/symbolic.ts'
import { graphText, parseGraph } from '../../src/graph/text.ts'

describe('what does not fit', () => {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [2, 3])
  it.each<[string, () => unknown, string]>([
    ['squeeze of a long axis', () => op.squeeze(x, [0]), 'Squeeze: axis 0 has length 2, expected 1 to drop it'],
    [
      'squeeze of an axis that is not there',
      () => op.squeeze(x, [2]),
      'axis is 2, expected a whole number from -2 to 1',
    ],
    ['unsqueeze twice in one place', () => op.unsqueeze(x, [0, -4]), 'Unsqueeze: an axis stands twice in [0,-4]'],
    ['too few repeats', () => op.tile(x, [2]), 'Tile: 1 repeats are given for 2 axes, expected one for each'],
    ['negative repeats', () => op.tile(x, [2, -1]), 'Tile: repeats hold -1, expected numbers from 0 up'],
    [
      'an empty list of axes',
      () => builder.node('Squeeze', [x, builder.constant(tensor('int64', [0], []))]),
      'the list of axes is empty: the runtime would drop all axes of length 1',
    ],
    [
      'a mirror wider than what it shows',
      () => op.pad(x, [0, 3, 0, 0], 0, 'reflect'),
      "Pad: mode 'reflect' puts 3 elements beside the 3 of axis 1, expected 2 at most",
    ],
    [
      'copies of more than there is',
      () => op.pad(x, [0, 0, 3, 0], 0, 'wrap'),
      "Pad: mode 'wrap' puts 3 elements beside the 2 of axis 0, expected 2 at most",
    ],
    [
      'cutting by a mode that copies',
      () => op.pad(x, [-1, 0, 0, 1], 0, 'edge'),
      "Pad: mode 'edge' cuts by -1, expected pads from 0 up",
    ],
    [
      'a mode that does not exist',
      () => op.pad(x, [1, 0, 0, 1], 0, 'reflekt' as 'reflect'),
      'Pad: the mode is "reflekt"',
    ],
  ])('%s', (_what, make, message) => expect(make).toThrow(message))
})

describe('in files of others', () => {
  const read = (body: string) =>
    graphText(
      parseGraph(`g (float[1,2,1] x) => (float y) <int64[0] none = {}> { ${body} }`.replace('float y', 'y'), operators),
    )

  it('an empty list of axes drops nothing, whatever the runtime would do', () => {
    expect(read('h = Squeeze (x, none) y = Relu (h)')).toContain('y = Relu (x)')
  })
  it('Squeeze without a list drops all, and stays', () => {
    expect(read('y = Squeeze (x)')).toMatch(/float\[2\] y[^]*y = Squeeze \(x\)/)
  })
  it('the result of an equation is written out', () => {
    expect(read('y = Einsum <equation: string = "bAc"> (x)')).toMatch(
      /float\[2,1,1\] y[^]*equation: string = "bAc->Abc"/,
    )
  })
  it('Clip stays, with a bound left out', () => {
    const text = 'g (float[2] x) => (float[2] y) <float one = {1}> { y = Clip (x, "", one) }'
    expect(graphText(parseGraph(text, operators))).toContain('y = Clip (x, "", one)')
  })
})

it('no operator of these holds the batch size', () => {
  const build = (batch: number) => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [batch, 4])
    const w = builder.input('w', 'float32', [4, 4])
    const high = op.unsqueeze(op.pad(op.tile(x, [1, 2]), [0, 1, 0, 1], 0, 'reflect'), [1])
    const smooth = op.softplus(op.elu(op.gelu(op.erf(op.clip(op.squeeze(high, [1]), -1, 1)))))
    return builder.graph('net', { y: smooth, z: op.einsum('bi,ij->bj', x, w) })
  }
  const { graph, dimensions } = freeBatch(build, operators)
  expect(graph.outputs.map(dimensions)).toEqual([
    ['batch', 10],
    ['batch', 4],
  ])
})
