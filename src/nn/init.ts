/** @file Initialisers: how a parameter's first values are drawn. */
import { checkInteger, checkOptions, checkRange, show, suggestion, usageError } from '../base/errors.ts'
import type { RandomStream } from '../base/random.ts'
import type { Shape } from '../base/tensor.ts'
import { sizeOf } from '../base/tensor.ts'

/** How many values flow into and out of one unit through a weight. */
export interface Fans {
  readonly fanIn: number
  readonly fanOut: number
}

export interface Initialiser {
  readonly name: string
  /** Values in row-major order. The same stream gives the same values. */
  draw(shape: Shape, fans: Fans, stream: RandomStream): Float32Array
}

/** From which distribution, of the variance that the initialiser asks for. */
export interface InitialiserOptions {
  readonly distribution?: 'normal' | 'uniform'
}

/**
 * He, Zhang, Ren and Sun 2015, eq. 10: variance 2 / fanIn, which keeps the signal's size through layers of ReLUs.
 * Normal by default, as in the CS231n notes.
 */
export function he(options: InitialiserOptions = {}): Initialiser {
  return scaled('he', options, 'normal', ({ fanIn }) => 2 / fanIn)
}

/**
 * Glorot and Bengio 2010, eq. 16: variance 2 / (fanIn + fanOut), a compromise between the signal and its gradient for units
 * that are linear around 0 (tanh). Uniform by default, as in the paper: ±√(6 / (fanIn + fanOut)).
 */
export function glorot(options: InitialiserOptions = {}): Initialiser {
  return scaled('glorot', options, 'uniform', ({ fanIn, fanOut }) => 2 / (fanIn + fanOut))
}

/** LeCun, Bottou, Orr and Müller 1998, eq. 16: variance 1 / fanIn. Normal by default. */
export function leCun(options: InitialiserOptions = {}): Initialiser {
  return scaled('leCun', options, 'normal', ({ fanIn }) => 1 / fanIn)
}

/** Every value the same. For weights that is a fault (all units then learn the same); for biases 0 is usual. */
export function constant(value: number): Initialiser {
  checkRange('constant', value, {})
  return { name: `constant(${value})`, draw: (shape) => new Float32Array(sizeOf(shape)).fill(value) }
}

/** All zeros. */
export function zeros(): Initialiser {
  return { ...constant(0), name: 'zeros' }
}

/** All ones. */
export function ones(): Initialiser {
  return { ...constant(1), name: 'ones' }
}

/** Uniform on [−range, range], whatever the layer's size. @param range above 0 */
export function uniform(range: number): Initialiser {
  checkRange('range', range, { min: 0, open: 'min' })
  return independent(`uniform(${range})`, (stream) => range * (2 * stream.uniform() - 1))
}

/** Normal around 0, whatever the layer's size. @param deviation standard deviation, above 0 */
export function normal(deviation: number): Initialiser {
  checkRange('deviation', deviation, { min: 0, open: 'min' })
  return independent(`normal(${deviation})`, (stream) => deviation * stream.normal())
}

/**
 * A random matrix whose rows or columns, whichever are fewer, are orthonormal: it keeps the length of what passes through it, and of
 * its gradient. Saxe, McClelland and Ganguli 2014. Every such matrix is equally likely (Mezzadri 2007: QR of a normal matrix,
 * with R's diagonal positive). A kernel of more dimensions is taken as a matrix [first dimension, all others], as in PyTorch.
 *
 * @param options.gain factor on the whole matrix, above 0, default 1; √2 for ReLUs
 */
export function orthogonal(options: { gain?: number } = {}): Initialiser {
  checkOptions('orthogonal', options, ['gain'])
  const gain = checkRange('gain', options.gain ?? 1, { min: 0, open: 'min' })
  return {
    name: 'orthogonal',
    draw(shape, _fans, stream) {
      const [rows, columns] = asMatrix('orthogonal', shape)
      const [few, many] = [Math.min(rows, columns), Math.max(rows, columns)]
      const q = orthonormalRows(few, many, stream)
      const at =
        rows <= columns
          ? (row: number, column: number) => q[row][column]
          : (row: number, column: number) => q[column][row]
      return Float32Array.from({ length: rows * columns }, (_, i) => gain * at(Math.floor(i / columns), i % columns))
    },
  }
}

/**
 * Each unit has only `count` weights that are not 0, at random places, each normal: a unit's input then does not grow with the
 * layer before it, and the units differ more. Martens 2010; Sutskever, Martens, Dahl and Hinton 2013.
 *
 * @param options.count weights of a unit that are not 0, default 15; all of them where it has fewer
 * @param options.deviation of those weights, default 1
 */
export function sparse(options: { count?: number; deviation?: number } = {}): Initialiser {
  checkOptions('sparse', options, ['count', 'deviation'])
  const count = checkInteger('count', options.count ?? 15, 1)
  const deviation = checkRange('deviation', options.deviation ?? 1, { min: 0, open: 'min' })
  return {
    name: 'sparse',
    draw(shape, _fans, stream) {
      const values = new Float32Array(sizeOf(shape))
      const [first, rest] = asMatrix('sparse', shape)
      // A dense weight is [inputs, units], a kernel [units, inputs, ...].
      const [inputs, units, place] =
        shape.length === 2
          ? [first, rest, (unit: number, input: number) => input * rest + unit]
          : [rest, first, (unit: number, input: number) => unit * rest + input]
      for (let unit = 0; unit < units; unit++)
        for (const input of stream.permutation(inputs).subarray(0, count))
          values[place(unit, input)] = deviation * stream.normal()
      return values
    },
  }
}

/**
 * Ones on the diagonal: a layer that begins by passing its inputs on (Le, Jaitly and Hinton 2015 for recurrent weights), as far as
 * there are as many. For a kernel [outputs, inputs, ...] the 1 is at the centre, so that channel i becomes channel i (PyTorch's
 * dirac_).
 *
 * @param options.gain factor on the ones, default 1
 */
export function identity(options: { gain?: number } = {}): Initialiser {
  checkOptions('identity', options, ['gain'])
  const gain = checkRange('gain', options.gain ?? 1, {})
  return {
    name: 'identity',
    draw(shape) {
      asMatrix('identity', shape)
      const values = new Float32Array(sizeOf(shape))
      const [rows, columns, ...window] = shape
      const size = sizeOf(window)
      // The centre's index in row-major order; of an even length the later of the two in the middle.
      const centre = window.reduce((index, length) => index * length + Math.floor(length / 2), 0)
      for (let i = 0; i < Math.min(rows, columns); i++) values[(i * columns + i) * size + centre] = gain
      return values
    },
  }
}

/** A weight as a matrix: [first dimension, all others]. */
function asMatrix(name: string, shape: Shape): readonly [rows: number, columns: number] {
  if (shape.length >= 2) return [shape[0], sizeOf(shape.slice(1))]
  throw usageError(
    `${name} is for weights of two and more dimensions, got the shape [${shape}]`,
    'for biases use init.zeros() or init.constant(value)',
  )
}

/**
 * Rows of normal numbers, made orthogonal one after the other (modified Gram and Schmidt, in float64), which is QR with a positive
 * diagonal of R.
 */
function orthonormalRows(count: number, length: number, stream: RandomStream): readonly Float64Array[] {
  const rows = Array.from({ length: count }, () => Float64Array.from({ length }, () => stream.normal()))
  rows.forEach((row, i) => {
    const size = Math.sqrt(dot(row, row))
    for (let k = 0; k < length; k++) row[k] /= size
    for (const later of rows.slice(i + 1)) {
      const along = dot(row, later)
      for (let k = 0; k < length; k++) later[k] -= along * row[k]
    }
  })
  return rows
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k]
  return sum
}

/** Every value drawn by itself, without regard to the layer's size. */
function independent(name: string, draw: (stream: RandomStream) => number): Initialiser {
  return { name, draw: (shape, _fans, stream) => drawn(sizeOf(shape), () => draw(stream)) }
}

function scaled(
  name: string,
  options: InitialiserOptions,
  usual: 'normal' | 'uniform',
  variance: (fans: Fans) => number,
): Initialiser {
  checkOptions(name, options, ['distribution'])
  const { distribution = usual } = options
  if (distribution !== 'normal' && distribution !== 'uniform')
    throw usageError(
      `${name}: distribution is ${show(distribution)}`,
      suggestion(String(distribution), ['normal', 'uniform']),
    )
  return {
    name,
    draw(shape, fans, stream) {
      const deviation = Math.sqrt(variance(fans))
      // A uniform distribution on [−a, a] has the variance a²/3.
      const draw =
        distribution === 'normal'
          ? () => deviation * stream.normal()
          : () => deviation * Math.sqrt(3) * (2 * stream.uniform() - 1)
      return drawn(sizeOf(shape), draw)
    },
  }
}

/** Several times as fast as Float32Array.from. */
function drawn(count: number, draw: () => number): Float32Array {
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) values[i] = draw()
  return values
}
