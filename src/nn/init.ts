/** @file Initialisers: how a parameter's first values are drawn. */
import { checkOptions, checkRange, show, suggestion, usageError } from '../base/errors.ts'
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
      return Float32Array.from({ length: sizeOf(shape) }, draw)
    },
  }
}
