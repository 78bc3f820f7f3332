import { expect, test } from 'vitest'
import { linePlot } from '../../src/cli/plot.ts'

test('a straight line, on a plain axis', () => {
  const points = [0, 1, 2, 3].map((x) => [x, x] as const)
  expect(linePlot([{ name: 'a', points }], { width: 8, height: 4, xLabel: 'epoch' })).toMatchInlineSnapshot(`
    "3 ┤      ⡠⠊
      │    ⡠⠊
      │  ⡠⠊
    0 ┤⡠⠊
      └────────
       0 epoch 3"
  `)
})

test('a falling power of ten is a straight line, because the axis becomes logarithmic', () => {
  const points = [0, 1, 2, 3].map((x) => [x, 10 ** -x] as const)
  expect(linePlot([{ name: 'a', points }], { width: 8, height: 4 })).toMatchInlineSnapshot(`
    "    1 ┤⠑⢄
          │  ⠑⢄
          │    ⠑⢄
    0.001 ┤      ⠑⢄
          └────────
           0      3"
  `)
})

test('NaN and infinities leave a gap and do not spoil the axes', () => {
  const points = [1, Number.NaN, Number.POSITIVE_INFINITY, 4].map((y, x) => [x, y] as const)
  expect(linePlot([{ name: 'a', points }], { width: 8, height: 4 })).toMatchInlineSnapshot(`
    "4 ┤       ⠈
      │
      │
    1 ┤⡀
      └────────
       0      3"
  `)
})

test.each([
  ['no points', []],
  ['only NaN', [[0, Number.NaN]]],
] as [string, [number, number][]][])('%s: says so', (_, points) => {
  expect(linePlot([{ name: 'a', points }])).toBe('(nothing to draw)')
})

test('one point, and a constant', () => {
  expect(linePlot([{ name: 'a', points: [[0, 5]] }], { width: 4, height: 2 })).toMatchInlineSnapshot(`
    "6 ┤
    5 ┤⡀
      └────
       0  0"
  `)
  const flat = [0, 1].map((x) => [x, 5] as const)
  expect(linePlot([{ name: 'a', points: flat }], { width: 4, height: 2 })).toMatchInlineSnapshot(`
    "6 ┤
    5 ┤⣀⣀⣀⣀
      └────
       0  1"
  `)
})

test('each series is painted by itself', () => {
  const series = ['<', '>'].map((mark, i) => ({
    name: mark,
    points: [0, 1].map((x) => [x, i] as const),
    paint: (text: string) => mark + text,
  }))
  const plot = linePlot(series, { width: 2, height: 2 })
  expect(plot.match(/</g)).toHaveLength(2)
  expect(plot.match(/>/g)).toHaveLength(2)
})
