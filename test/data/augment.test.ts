/** @file Augmentations: by hand on small images, the same chance in any order, and what cannot be changed. */
import { describe, expect, test } from 'vitest'
import { CounterStreams } from '../../src/base/counter-random.ts'
import { sizeOf, tensor } from '../../src/base/tensor.ts'
import { type Augmentation, compose, crop, type Draw, flip, noise, shift } from '../../src/data/augment.ts'
import { augmented, withoutAugmentation } from '../../src/data/augmented.ts'
import { Batches } from '../../src/data/batches.ts'
import { dataset, rowSource, subset } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import { fitStandardisation } from '../../src/data/standardise.ts'
import { failure } from './failure.ts'

/** A draw that gives these numbers, and fails the test when there is one more. */
function draws(...numbers: number[]): Draw {
  const next = () => {
    if (numbers.length === 0) throw new Error('one draw too many')
    return numbers.shift() as number
  }
  return { uniform: next, integer: next, normal: next }
}

/** An image changed by given draws, between two numbers that must stay. */
function change(augmentation: Augmentation, shape: number[], image: number[], ...numbers: number[]): number[] {
  const values = Float32Array.of(77, ...image, 88)
  augmentation.on(shape)(values, 1, draws(...numbers))
  expect([values[0], values[values.length - 1]]).toEqual([77, 88])
  return [...values.subarray(1, -1)]
}

const square = [1, 2, 3, 4, 5, 6, 7, 8, 9]

describe('shift, by hand: integer draws 0 to 4 are −2 to 2, down then right', () => {
  const by = (down: number, right: number, ...rest: Parameters<typeof shift>[1][]) =>
    change(shift(2, ...rest), [1, 3, 3], square, down + 2, right + 2)

  test.each([
    [0, 0, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [1, 0, [0, 0, 0, 1, 2, 3, 4, 5, 6]],
    [-1, 0, [4, 5, 6, 7, 8, 9, 0, 0, 0]],
    [0, 1, [0, 1, 2, 0, 4, 5, 0, 7, 8]],
    [0, -1, [2, 3, 0, 5, 6, 0, 8, 9, 0]],
    [1, -1, [0, 0, 0, 2, 3, 0, 5, 6, 0]],
    [-2, 2, [0, 0, 7, 0, 0, 0, 0, 0, 0]],
  ])('%i down, %i right, nothing at the border', (down, right, expected) => expect(by(down, right)).toEqual(expected))
  test.each([
    [1, 0, [1, 2, 3, 1, 2, 3, 4, 5, 6]],
    [0, -2, [3, 3, 3, 6, 6, 6, 9, 9, 9]],
    [1, -1, [2, 3, 3, 2, 3, 3, 5, 6, 6]],
    [-2, 2, [7, 7, 7, 7, 7, 7, 7, 7, 7]],
  ])('%i down, %i right, the edge goes on', (down, right, expected) =>
    expect(by(down, right, { fill: 'edge' })).toEqual(expected),
  )
  test('a number at the border; each channel by itself; each direction its own range', () => {
    const two = [1, 2, 3, 4, 10, 20, 30, 40]
    expect(change(shift(1, { fill: 9 }), [2, 2, 2], two, 2, 0)).toEqual([9, 9, 2, 9, 9, 9, 20, 9])
    expect(change(shift([0, 1]), [2, 2], [1, 2, 3, 4], 0, 2)).toEqual([0, 1, 0, 3])
  })
})

describe('flip, by hand', () => {
  test('left and right change places below the probability', () => {
    expect(change(flip(), [1, 3, 3], square, 0.49)).toEqual([3, 2, 1, 6, 5, 4, 9, 8, 7])
    expect(change(flip(), [1, 3, 3], square, 0.5)).toEqual(square)
    expect(change(flip({ probability: 1 }), [2, 1, 2], [1, 2, 3, 4], 0.99)).toEqual([2, 1, 4, 3])
  })
  test('top and bottom', () => {
    expect(change(flip({ axis: 'vertical' }), [1, 3, 3], square, 0)).toEqual([7, 8, 9, 4, 5, 6, 1, 2, 3])
    expect(change(flip({ axis: 'vertical' }), [2, 2, 1], [1, 2, 3, 4], 0)).toEqual([2, 1, 4, 3])
  })
})

describe('crop', () => {
  test('with a border and the own size: a shift the other way, by hand', () => {
    // The window begins at row 0, column 2 of the image with its border of 1: row −1, column 1 of the image.
    expect(change(crop({ pad: 1 }), [1, 3, 3], square, 0, 2)).toEqual([0, 0, 0, 2, 3, 0, 5, 6, 0])
    expect(change(crop({ pad: 1, fill: 'edge' }), [1, 3, 3], square, 0, 2)).toEqual([2, 3, 3, 2, 3, 3, 5, 6, 6])
    expect(change(crop({ pad: 1 }), [1, 3, 3], square, 1, 1)).toEqual(square)
  })
  test("a smaller window is scaled: PyTorch's interpolate, bilinear, align_corners=False", () => {
    // x = arange(1, 10).reshape(1, 1, 3, 3); interpolate(x[:, :, 0:2, 1:3], (3, 3), …)
    expect(change(crop({ size: 2 }), [1, 3, 3], square, 0, 1)).toEqual([2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6])
    // y of 3×4; interpolate(y[:, :, 0:2, 0:3], (3, 4), …), in two channels
    const y = [1, 2, 4, 8, 3, 5, 7, 11, 0, -1, 6, 9]
    const z = [1, 1.625, 2.75, 4, 2, 2.9375, 4.25, 5.5, 3, 4.25, 5.75, 7]
    const twice = [...y, ...y.map((value) => 2 * value)]
    expect(change(crop({ size: [2, 3] }), [2, 3, 4], twice, 0, 0)).toEqual([...z, ...z.map((value) => 2 * value)])
  })
  test('a larger window shrinks the image within its border', () => {
    // interpolate(pad(x, (1, 1, 1, 1)), (3, 3), …)
    const ninths = change(crop({ pad: 1, size: 5 }), [1, 3, 3], square, 0, 0).map((value) => Math.round(9 * value))
    expect(ninths).toEqual([1, 6, 3, 12, 45, 18, 7, 24, 9])
  })
  test('the edge goes on beyond the image', () => {
    expect(change(crop({ pad: 1, size: 1, fill: 'edge' }), [1, 2, 2], [1, 2, 3, 4], 3, 0)).toEqual([3, 3, 3, 3])
  })
})

describe('noise and compositions', () => {
  test('adds a normal number to each value, times the deviation; any shape', () => {
    expect(change(noise(2), [3], [1, 2, 3], 0.5, -1, 0)).toEqual([2, 0, 3])
  })
  test('one after the other, in the order given', () => {
    const [first, second] = [shift(1), flip({ probability: 1 })]
    expect(change(compose(first, second), [2, 2], [1, 2, 3, 4], 1, 2, 0)).toEqual([1, 0, 3, 0])
    expect(change(compose(second, first), [2, 2], [1, 2, 3, 4], 0, 1, 2)).toEqual([0, 2, 0, 4])
  })
  test('the names say everything', () => {
    const all = compose(
      shift(2),
      shift([1, 0], { fill: 'edge' }),
      flip(),
      crop({ pad: 4 }),
      crop({ size: 24, fill: 255 }),
      noise(0.1),
    )
    expect(all.name).toBe(
      'shift(2), shift([1, 0], fill edge), flip(horizontal, probability 0.5), crop(pad 4), crop(size 24×24, fill 255), noise(0.1)',
    )
  })
})

test('over many rows: every shift is as likely as any other, half are flipped', () => {
  const streams = new CounterStreams(3, 'statistics')
  const images = [new Float32Array(9), new Float32Array(9)]
  const counts = new Map<string, number>()
  const [moved, mirrored] = [shift(1).on([1, 3, 3]), flip().on([1, 3, 3])]
  let flipped = 0
  for (let row = 0; row < 9000; row++) {
    for (const image of images) image.set(square)
    moved(images[0], 0, streams.at(row))
    mirrored(images[1], 0, streams.at(row))
    counts.set(images[0].join(), (counts.get(images[0].join()) ?? 0) + 1)
    if (images[1][0] === 3) flipped++
  }
  // 9 shifts: 1,000 expected of each, deviation √(9000·1/9·8/9) = 29.8; of 9,000 flips 4,500, deviation 47.4. Five of each allowed.
  expect(counts.size).toBe(9)
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(149)
  expect(Math.abs(flipped - 4500)).toBeLessThan(237)
})

describe('augmented examples', () => {
  const images = digits({ shape: 'image' })
  const rows = augmented(images, compose(shift(2), flip(), noise(0.5)), 7)
  const read = (numbers: number[], epoch?: number) => {
    const inputs = new Float32Array(numbers.length * 64)
    const targets = new Int32Array(numbers.length)
    rows.read(numbers, 0, numbers.length, inputs, targets, epoch)
    return { inputs, targets }
  }
  const one = (row: number, epoch?: number) => [...read([row], epoch).inputs]

  test('a row of an epoch is the same alone and with others, in any order', () => {
    const together = read([5, 900, 3], 2).inputs
    expect([...together.subarray(64, 128)]).toEqual(one(900, 2))
    expect([...read([3, 5, 900], 2).inputs.subarray(64, 128)]).toEqual(one(5, 2))
    one(1, 9)
    expect(one(900, 2)).toEqual([...together.subarray(64, 128)])
  })
  test('epochs, rows and seeds differ', () => {
    const other = augmented(images, shift(2), 8)
    const twins = augmented(subset(images, [5, 5]), compose(shift(2), flip(), noise(0.5)), 7)
    const pair = new Float32Array(128)
    twins.read([0, 1], 0, 2, pair, new Int32Array(2), 0)
    expect(pair.slice(0, 64)).not.toEqual(pair.slice(64))
    expect(one(5, 0)).not.toEqual(one(5, 1))
    const [a, b] = [new Float32Array(64 * 20), new Float32Array(64 * 20)]
    const first = Array.from({ length: 20 }, (_, i) => i)
    other.read(first, 0, 20, a, new Int32Array(20), 0)
    augmented(images, shift(2), 7).read(first, 0, 20, b, new Int32Array(20), 0)
    expect(a).not.toEqual(b)
  })
  test('without an epoch, and for measuring, rows are as they are; labels always', () => {
    expect(one(5)).toEqual([...images.inputs.data.subarray(320, 384)])
    expect(read([5, 9], 3).targets).toEqual(images.targets.data.filter((_, row) => row === 5 || row === 9))
    const plain = new Batches(withoutAugmentation(rows), { batchSize: 2, seed: 0, shuffle: false })
    const inputs = new Float32Array(128)
    plain.fill(4, 0, inputs, new Int32Array(2))
    expect(inputs).toEqual(images.inputs.data.slice(0, 128))
    expect(withoutAugmentation(images)).toBe(images)
  })
  test('the data stay as they were', () => {
    const before = images.inputs.data.slice(0, 640)
    one(5, 0)
    expect(images.inputs.data.slice(0, 640)).toEqual(before)
  })
  test('standardised afterwards: a pixel that came in is the raw 0', () => {
    const pair = dataset({
      inputs: tensor('float32', [2, 1, 1, 2], Float32Array.of(2, 4, 6, 8)),
      targets: [0, 1],
    })
    const standardisation = fitStandardisation(pair)
    // Means 4 and 6, deviations 2 and 2. Moved one to the right: (0 − 4)/2 and (2 − 6)/2.
    const always: Augmentation = {
      name: 'right',
      on: (shape) => (values, at) => void values.copyWithin(at + 1, at, at + sizeOf(shape) - 1).fill(0, at, at + 1),
    }
    const source = standardisation.apply(augmented(pair, always, 0))
    const inputs = new Float32Array(2)
    source.read([0], 0, 1, inputs, new Int32Array(1), 0)
    expect([...inputs]).toEqual([-2, -2])
    source.read([0], 0, 1, inputs, new Int32Array(1))
    expect([...inputs]).toEqual([-1, -1])
    expect(source.augmentation).toBe('right')
  })
  test('a row source of a data set reads its rows, for regression too', () => {
    const waves = dataset({
      inputs: [[1], [2], [3]],
      targets: [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
    })
    const [inputs, targets] = [new Float32Array(2), new Float32Array(4)]
    const picked = subset(rowSource(waves), [2, 0], 'two')
    picked.read([0, 1], 0, 2, inputs, targets)
    expect([picked.name, picked.rows, [...inputs], [...targets]]).toEqual(['two', 2, [3, 1], [3, 30, 1, 10]])
    expect(picked).toMatchObject({ task: 'regression', featureShape: [1], targetShape: [2] })
  })
})

describe('bad use', () => {
  test.each([
    [() => shift(1.5), 'usage: most is 1.5, expected a whole number from 0 up'],
    [() => shift(2, { fil: 1 } as object), "usage: augment.shift has no option 'fil' → did you mean 'fill'?"],
    [() => shift(2, { fill: 'zero' as 'edge' }), `usage: fill is "zero", expected a finite number or 'edge'`],
    [() => flip({ probability: 2 }), 'usage: probability is 2, expected a number in [0, 1]'],
    [() => flip({ axis: 'x' as 'vertical' }), `usage: axis is "x", expected 'horizontal' or 'vertical'`],
    [() => noise(-1), 'usage: deviation is -1, expected a number from 0 up'],
    [() => compose(), 'usage: a composition of no augmentations → leave the augmentation out'],
    [() => crop({}), 'usage: augment.crop has neither pad nor size → for example augment.crop({ pad: 4 })'],
    [
      () => crop({ size: 9 }).on([1, 8, 8]),
      'usage: crop(size 9×9): the window is 9×9, the image with its border 8×8 → cut out a smaller window, or add a wider border',
    ],
    [() => crop({ pad: 8 }).on([1, 8, 8]), 'usage: crop(pad 8) is for images larger than the border, these are 8×8'],
    [() => shift(8).on([1, 8, 8]), 'usage: shift(8) is for images larger than that, these are 8×8'],
    [
      () => augmented(digits(), flip(), 0),
      "usage: augment.flip(horizontal, probability 0.5) changes images [channels, height, width], the examples have the shape [64] → let the data set give images, for example digits({ shape: 'image' }); nn.flatten() makes them flat for dense layers",
    ],
  ])('%#', async (call, message) => expect(await failure(call)).toBe(message))
})
