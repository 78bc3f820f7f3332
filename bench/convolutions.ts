/**
 * @file The measurements behind the kernel forms of convolutions (src/graph/forms_convolution.ts): each known form of each gradient, for
 * many shapes, interleaved. `node bench/convolutions.ts [THREADS] [ROUNDS]`
 */
import { tensor } from '../src/base/tensor.ts'
import { allocate, type Call } from '../src/engine/engine.ts'
import { nativeEngine } from '../src/engine/native.ts'
import { Builder } from '../src/graph/graph.ts'
import * as op from '../src/graph/op.ts'
import { operators } from '../src/graph/ops/index.ts'
import type { Value } from '../src/graph/types.ts'

const [threads = 2, rounds = 15] = process.argv.slice(2).map(Number)
const engine = await nativeEngine({ threads })

interface Shape {
  readonly batch: number
  readonly channels: number
  readonly filters: number
  /** Height and width of the input. */
  readonly side: number
  readonly kernel: number
  readonly padding: number
}

/** Value and its gradient, both as they lie: x [batch, channels, side, side], dy [batch, filters, …], w. */
interface Given extends Shape {
  readonly x: Value
  readonly w: Value
  readonly dy: Value
  readonly out: number
}

const swap = (x: Value) => op.transpose(x, [1, 0, 2, 3])
const square = (n: number) => [n, n, n, n]
const pads = ({ padding }: Given) => square(padding)
const backwards = (given: Given) => Array.from({ length: given.kernel ** 2 }, (_, i) => given.kernel ** 2 - 1 - i)

/** The kernel turned round: [channels, filters, …]. */
function turned(given: Given): Value {
  const { w, channels, filters, kernel } = given
  const flat = op.gather(op.reshape(w, [filters, channels, kernel ** 2]), op.int64s(w.builder, backwards(given)), 2)
  return op.reshape(op.transpose(flat, [1, 0, 2]), [channels, filters, kernel, kernel])
}

/** The x of each window position as columns: rows of [height · width, batch · channels], gathered. */
function rowsGathered(given: Given): Value {
  const { x, dy, batch, channels, filters, kernel, padding, out, side } = given
  const wide = side + 2 * padding
  const padded = op.pad(x, [0, 0, padding, padding, 0, 0, padding, padding])
  const lines = op.reshape(op.transpose(padded, [2, 3, 0, 1]), [wide * wide, batch * channels])
  const offsets = Array.from({ length: kernel ** 2 }, (_, k) => Math.floor(k / kernel) * wide + (k % kernel))
  const places = offsets.flatMap((offset) =>
    Array.from({ length: out ** 2 }, (_, i) => offset + Math.floor(i / out) * wide + (i % out)),
  )
  const columns = op.gather(lines, x.builder.constant(tensor('int64', [places.length], places)), 0)
  const right = op.reshape(columns, [kernel ** 2, out ** 2 * batch, channels])
  const left = op.reshape(op.transpose(dy, [1, 2, 3, 0]), [filters, out ** 2 * batch])
  return op.reshape(op.transpose(op.matMul(left, right), [1, 2, 0]), [filters, channels, kernel, kernel])
}

const kernelGradient: Record<string, (given: Given) => Value> = {
  swapped: (given) => swap(op.conv(swap(given.x), swap(given.dy), undefined, { pads: pads(given) })),
  // As `batchInWidth` makes it, both transpositions of x in one.
  'channels in width': ({ x, dy, batch, channels, filters, kernel, padding, side }) => {
    const wide = op.reshape(op.transpose(x, [0, 2, 3, 1]), [1, batch, side, side * channels])
    const y = op.conv(wide, swap(dy), undefined, {
      pads: [padding, padding * channels, padding, padding * channels],
      dilations: [1, channels],
    })
    return op.transpose(op.reshape(y, [filters, kernel, kernel, channels]), [0, 3, 1, 2])
  },
  'filters in width': (given) => {
    const { x, dy, batch, channels, filters, kernel, padding, out } = given
    const far = kernel - 1 - padding
    const wide = op.reshape(op.transpose(dy, [0, 2, 3, 1]), [1, batch, out, out * filters])
    const y = op.conv(wide, swap(x), undefined, {
      pads: [far, far * filters, far, far * filters],
      dilations: [1, filters],
    })
    const places = op.gather(op.reshape(y, [channels, kernel ** 2, filters]), op.int64s(x.builder, backwards(given)), 1)
    return op.reshape(op.transpose(places, [2, 0, 1]), [filters, channels, kernel, kernel])
  },
  'rows gathered': rowsGathered,
}

const inputGradient: Record<string, (given: Given) => Value> = {
  ConvTranspose: (given) => op.convTranspose(given.dy, given.w, undefined, { pads: pads(given) }),
  'turned kernel': (given) =>
    op.conv(given.dy, turned(given), undefined, { pads: square(given.kernel - 1 - given.padding) }),
}

const shape = (channels: number, filters: number, side: number, kernel: number, padding: number): Shape => ({
  batch: 64,
  channels,
  filters,
  side,
  kernel,
  padding,
})

const shapes: readonly Shape[] = [
  shape(1, 20, 28, 5, 0),
  shape(20, 50, 12, 5, 0),
  shape(1, 6, 28, 5, 2),
  shape(6, 16, 14, 5, 0),
  shape(3, 32, 32, 3, 1),
  shape(32, 32, 32, 3, 1),
  shape(64, 64, 32, 3, 1),
  shape(32, 64, 16, 3, 1),
  shape(64, 64, 16, 3, 1),
  shape(64, 128, 8, 3, 1),
  shape(128, 128, 8, 3, 1),
  shape(256, 256, 4, 3, 1),
  shape(64, 64, 16, 1, 0),
  shape(128, 32, 16, 1, 0),
  shape(64, 3, 32, 3, 1),
  shape(32, 8, 32, 5, 2),
  shape(3, 64, 32, 7, 3),
  shape(3, 32, 32, 11, 5),
]

function compile(given: Shape, build: (given: Given) => Value): Promise<Call> {
  const builder = new Builder(operators)
  const { batch, channels, filters, side, kernel, padding } = given
  const out = side + 2 * padding - kernel + 1
  const x = builder.input('x', 'float32', [batch, channels, side, side])
  const w = builder.input('w', 'float32', [filters, channels, kernel, kernel])
  const dy = builder.input('dy', 'float32', [batch, filters, out, out])
  const y = build({ ...given, x, w, dy, out })
  const used = builder.graph('form', { y })
  const { inputs, outputs } = allocate(used)
  for (const { data } of Object.values(inputs))
    (data as Float32Array).forEach((_, i) => void (data[i] = (i % 17) / 17 - 0.5))
  return engine.compile(used).then((executable) => executable.bind(inputs, outputs))
}

/** The least and the median of interleaved rounds, in ms: the least is what the kernel takes where others use the machine too. */
async function times(given: Shape, forms: Record<string, (given: Given) => Value>): Promise<string> {
  const calls = await Promise.all(Object.values(forms).map((form) => compile(given, form)))
  const lists: number[][] = calls.map(() => [])
  for (let round = -2; round < rounds; round++)
    for (const [i, call] of calls.entries()) {
      const start = performance.now()
      await call()
      if (round >= 0) lists[i].push(performance.now() - start)
    }
  return lists
    .map((list) => {
      const sorted = list.sort((a, b) => a - b)
      return `${sorted[0].toFixed(2).padStart(8)} ${sorted[rounds >> 1].toFixed(2).padStart(8)}`
    })
    .join('  ')
}

const title = ({ channels, filters, side, kernel, padding }: Shape) =>
  `${channels}→${filters}, ${kernel}×${kernel} on ${side}×${side}${padding > 0 ? ` padded ${padding}` : ''}`.padEnd(32)

for (const [name, forms] of Object.entries({
  'gradient by the kernel': kernelGradient,
  'gradient by the input': inputGradient,
})) {
  console.log(`${name}, batch 64, ${threads} threads: least and median of ${rounds}, ms\n`)
  console.log(
    `${''.padEnd(32)}${Object.keys(forms)
      .map((form) => form.padStart(17))
      .join('  ')}`,
  )
  for (const given of shapes) console.log(`${title(given)}${await times(given, forms)}`)
  console.log('')
}
