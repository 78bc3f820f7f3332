/** @file Mistakes of place: transposed, shifted, reversed, by row or column, in one entry. */
import { positionOf } from './coordinates.ts'
import { type Evidence, type Explanation, fits, type RuleOf, type Sample } from './evidence.ts'

export const placeRules: readonly RuleOf[] = [single, transposed, moved, byRowOrColumn, oneRowOrColumn]

/** One or very few entries of many. */
function single({ samples, shape }: Evidence, wrong: readonly Sample[]): Explanation | undefined {
  const few = wrong.length <= 3 && samples.length >= 8 * wrong.length
  if (!few) return undefined
  const right = samples.filter((sample) => !sample.wrong && sample.analytic !== 0)
  if (right.length < 3) return undefined
  const places = wrong.map(({ index }) => place(index, shape)).join(', ')
  const words = `only ${wrong.length === 1 ? `the entry ${places} is` : `the entries ${places} are`} wrong, all others that were checked are right`
  return { cause: 'single', words, support: Math.min(right.length, 6) - 1, limit: 0.9 }
}

function place(index: number, shape: readonly number[]): string {
  return `[${positionOf(index, shape).join(', ')}]`
}

/** Rows and columns: of a matrix its own, of a flat array every way to fold it. */
function foldings(shape: readonly number[]): [rows: number, columns: number][] {
  const size = shape.reduce((product, dim) => product * dim, 1)
  const dims = shape.filter((dim) => dim > 1)
  if (dims.length > 1) {
    // A convolution's kernel: any leading dimensions against the rest.
    return dims.slice(0, -1).map((_, i) => {
      const rows = dims.slice(0, i + 1).reduce((product, dim) => product * dim, 1)
      return [rows, size / rows]
    })
  }
  const found: [number, number][] = []
  for (let rows = 2; rows * 2 <= size && found.length < 64; rows++)
    if (size % rows === 0) found.push([rows, size / rows])
  return found
}

/** The entries lie where those of the transposed matrix belong. */
function transposed({ samples, gradient, shape }: Evidence, wrong: readonly Sample[]): Explanation | undefined {
  for (const [rows, columns] of foldings(shape)) {
    const of = (index: number) => {
      const [row, column] = [Math.floor(index / columns), index % columns]
      // Written as [columns, rows] and read as [rows, columns]; of a square, entry [row, column] at [column, row].
      return column * rows + row
    }
    if (!samples.every((sample) => fits(sample, gradient[of(sample.index)]))) continue
    const words = `the gradient is transposed: its entries are those of the ${rows}×${columns} matrix in the order of the ${columns}×${rows} one`
    return { cause: 'transposed', words, support: wrong.length - 1, limit: 0.97 }
  }
  return undefined
}

/** Shifted by a few places, around the end or not; or the wrong way round. */
function moved({ samples, gradient }: Evidence, wrong: readonly Sample[]): Explanation | undefined {
  const size = gradient.length
  if (size < 3) return undefined
  for (const shift of [1, -1, 2, -2]) {
    const around = (index: number) => (index + shift + size) % size
    const inside = samples.filter(({ index }) => index + shift >= 0 && index + shift < size)
    if (inside.length < 2 || !inside.every((sample) => fits(sample, gradient[around(sample.index)]))) continue
    const words = `the gradient is shifted by ${Math.abs(shift)} ${Math.abs(shift) === 1 ? 'place' : 'places'}: an index is off`
    return { cause: 'shifted', words, support: Math.min(wrong.length, inside.length) - 1, limit: 0.95 }
  }
  if (!samples.every((sample) => fits(sample, gradient[size - 1 - sample.index]))) return undefined
  const words = 'the gradient is in reversed order'
  return { cause: 'reversed', words, support: wrong.length - 1, limit: 0.9 }
}

/** A factor of its own for each row, or for each column. */
function byRowOrColumn({ samples, shape }: Evidence, wrong: readonly Sample[]): Explanation | undefined {
  const usable = samples.filter(({ numeric, uncertainty }) => Math.abs(numeric) > 10 * uncertainty)
  if (usable.length < samples.length / 2 || shape.filter((dim) => dim > 1).length < 2) return undefined
  for (const [, columns] of foldings(shape)) {
    for (const kind of ['row', 'column'] as const) {
      const groups = Map.groupBy(usable, ({ index }) =>
        kind === 'row' ? Math.floor(index / columns) : index % columns,
      )
      const ratios = [...groups.values()].map((group) => group.map(({ analytic, numeric }) => analytic / numeric))
      const steady = ratios.every((group) =>
        group.every((ratio) => Math.abs(ratio - group[0]) <= 2e-3 * Math.abs(group[0])),
      )
      if (!steady) continue
      const support = ratios.reduce((sum, group) => sum + group.length - 1, 0)
      const words = `the gradient is off by a factor of its own for each ${kind}: a ${kind === 'row' ? 'sum or mean runs over the wrong axis, or a scale' : 'scale, or a broadcast factor,'} is left out`
      return { cause: `by-${kind}`, words, support: Math.min(support, wrong.length) - 1, limit: 0.8 }
    }
  }
  return undefined
}

/** All that is wrong lies in one row or one column. */
function oneRowOrColumn({ samples, shape }: Evidence, wrong: readonly Sample[]): Explanation | undefined {
  if (wrong.length < 2 || wrong.length > samples.length / 2 || shape.filter((dim) => dim > 1).length < 2)
    return undefined
  for (const [rows, columns] of foldings(shape)) {
    for (const kind of ['row', 'column'] as const) {
      const groupOf = ({ index }: Sample) => (kind === 'row' ? Math.floor(index / columns) : index % columns)
      const groups = new Set(wrong.map(groupOf))
      const [group] = groups
      if (groups.size !== 1 || (kind === 'row' ? rows : columns) < 3) continue
      const words = `only ${kind} ${group} is wrong: the unit or class it belongs to, or an index at the border`
      return { cause: `one-${kind}`, words, support: wrong.length - 1, limit: 0.85 }
    }
  }
  return undefined
}
