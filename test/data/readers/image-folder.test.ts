/** @file Folders of images: decoding and resizing by sharp, on images that are made here. */
import { symlinkSync } from 'node:fs'
import sharp, { type Sharp } from 'sharp'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ImageFolderOptions, imageFolder } from '../../../src/data/readers/image-folder.ts'
import { failure } from '../failure.ts'
import { temporaryFolder } from './folder.ts'

const { path: folder, write } = temporaryFolder()

/** An image of pixels that are given one by one. */
function image(width: number, height: number, channels: 1 | 2 | 3 | 4, pixels: readonly number[]): Sharp {
  return sharp(Uint8Array.from(pixels), { raw: { width, height, channels } })
}

const repeated = (count: number, ...pixel: number[]) => Array.from({ length: count }, () => pixel).flat()

/** The one image of a folder, as [channels][pixels]. */
async function planes(name: string, options: ImageFolderOptions): Promise<number[][]> {
  const { inputs } = await imageFolder(`${folder}/${name}`, options).load()
  const [, channels, height, width] = inputs.shape
  return Array.from({ length: channels }, (_, c) => [
    ...inputs.data.subarray(c * height * width, (c + 1) * height * width),
  ])
}

describe('a folder', () => {
  beforeAll(async () => {
    write(
      'pets/dog/b.png',
      await image(2, 2, 3, repeated(4, 10, 20, 30))
        .png()
        .toBuffer(),
    )
    write(
      'pets/dog/a.PNG',
      await image(2, 2, 3, repeated(4, 1, 2, 3))
        .png()
        .toBuffer(),
    )
    write(
      'pets/cat/c.webp',
      await image(2, 2, 3, repeated(4, 100, 150, 200))
        .webp({ lossless: true })
        .toBuffer(),
    )
    write('pets/cat/.hidden', 'x')
    write('pets/cat/Thumbs.db', 'x')
    write('pets/.DS_Store', 'x')
    write('pets/README.md', 'x')
  })
  test('classes and files by name; hidden files and what is no image beside the classes are passed over', async () => {
    const source = imageFolder(`${folder}/pets`, { size: 2 })
    expect(source.name).toBe(`${folder}/pets`)
    const data = await source.load()
    expect(data).toMatchObject({
      task: 'classification',
      classes: ['cat', 'dog'],
      sameUnit: true,
      source: `${folder}/pets`,
    })
    expect([data.inputs.shape, [...data.targets.data]]).toEqual([
      [3, 3, 2, 2],
      [0, 1, 1],
    ])
    const first = (row: number) => [0, 1, 2].map((c) => data.inputs.data[row * 12 + c * 4])
    expect([first(0), first(1), first(2)]).toEqual([
      [100, 150, 200],
      [1, 2, 3],
      [10, 20, 30],
    ])
  })
  test('links count as what they lead to', async () => {
    symlinkSync(`${folder}/pets/cat`, `${folder}/pets/lynx`)
    const data = await imageFolder(`${folder}/pets`, { size: 2 }).load()
    expect([data.classes, [...data.targets.data]]).toEqual([
      ['cat', 'dog', 'lynx'],
      [0, 1, 1, 2],
    ])
  })
})

describe('decoding', () => {
  test('planes of one channel each, in row order', async () => {
    write('order/a/x.png', await image(2, 2, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]).png().toBuffer())
    expect(await planes('order', { size: [2, 2] })).toEqual([
      [1, 4, 7, 10],
      [2, 5, 8, 11],
      [3, 6, 9, 12],
    ])
  })
  test('grey images have three equal channels, or one', async () => {
    write('grey/a/x.png', await image(2, 1, 1, [0, 200]).toColourspace('b-w').png().toBuffer())
    expect(await planes('grey', { size: [1, 2] })).toEqual([
      [0, 200],
      [0, 200],
      [0, 200],
    ])
    expect(await planes('grey', { size: [1, 2], channels: 1 })).toEqual([[0, 200]])
  })
  test('colours become grey by their luminance: white, black, and green lighter than blue', async () => {
    const pixels = [255, 255, 255, 0, 0, 0, 0, 255, 0, 0, 0, 255]
    write('luminance/a/x.png', await image(4, 1, 3, pixels).png().toBuffer())
    const [[white, black, green, blue]] = await planes('luminance', { size: [1, 4], channels: 1 })
    expect([white, black]).toEqual([255, 0])
    expect(green).toBeGreaterThan(blue)
  })
  test('transparent parts are white', async () => {
    write('clear/a/x.png', await image(2, 1, 4, [9, 9, 9, 0, 9, 9, 9, 255]).png().toBuffer())
    expect(await planes('clear', { size: [1, 2] })).toEqual([
      [255, 9],
      [255, 9],
      [255, 9],
    ])
    write('clear-grey/a/x.png', await image(2, 1, 2, [9, 0, 9, 255]).toColourspace('b-w').png().toBuffer())
    expect(await planes('clear-grey', { size: [1, 2], channels: 1 })).toEqual([[255, 9]])
  })
  test('16 bits become 8', async () => {
    write(
      'deep/a/x.png',
      await image(2, 1, 3, repeated(2, 60, 70, 80))
        .toColourspace('rgb16')
        .png()
        .toBuffer(),
    )
    expect(await planes('deep', { size: [1, 2] })).toEqual([
      [60, 60],
      [70, 70],
      [80, 80],
    ])
  })
  test('a palette, a JPEG in CMYK, an image that EXIF turns by a quarter', async () => {
    write(
      'palette/a/x.gif',
      await image(2, 1, 3, repeated(2, 255, 0, 0))
        .gif()
        .toBuffer(),
    )
    expect(await planes('palette', { size: [1, 2] })).toEqual([
      [255, 255],
      [0, 0],
      [0, 0],
    ])
    write(
      'cmyk/a/x.jpg',
      await image(8, 8, 3, repeated(64, 255, 255, 255))
        .toColourspace('cmyk')
        .jpeg()
        .toBuffer(),
    )
    const white = await planes('cmyk', { size: 1 })
    expect(white.every(([value]) => value > 245)).toBe(true)
    write('turned/a/x.png', await image(2, 1, 3, [1, 1, 1, 2, 2, 2]).withMetadata({ orientation: 6 }).png().toBuffer())
    // Orientation 6: turn by 90° clockwise, so the left pixel comes to the top.
    expect(await planes('turned', { size: [2, 1] })).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
  })
})

describe('resizing', () => {
  beforeAll(async () => {
    // 4 wide, 2 high: black, white, white, black from left to right.
    const row = [0, 255, 255, 0].flatMap((value) => [value, value, value])
    write(
      'wide/a/x.png',
      await image(4, 2, 3, [...row, ...row])
        .png()
        .toBuffer(),
    )
  })
  test.each<[ImageFolderOptions['fit'], number[]]>([
    [undefined, [255, 255, 255, 255]],
    ['cover', [255, 255, 255, 255]],
  ])('fit %s cuts off both sides', async (fit, pixels) => {
    expect((await planes('wide', { size: 2, channels: 1, ...(fit && { fit }) }))[0]).toEqual(pixels)
  })
  test('contain puts white borders above and below; fill stretches', async () => {
    const contained = (await planes('wide', { size: 4, channels: 1, fit: 'contain' }))[0]
    expect([contained.slice(0, 4), contained.slice(4, 8)]).toEqual([
      [255, 255, 255, 255],
      [0, 255, 255, 0],
    ])
    const filled = (await planes('wide', { size: [1, 4], channels: 1, fit: 'fill' }))[0]
    expect(filled).toEqual([0, 255, 255, 0])
  })
})

describe('what does not fit', () => {
  const png = image(1, 1, 3, [1, 2, 3]).png().toBuffer()
  test.each<[string, (at: string) => Promise<unknown> | unknown, string]>([
    [
      'no-folders',
      (at) => write(`${at}/note.txt`, 'x'),
      'data: FOLDER has no sub-folders → expected one sub-folder for each class, with its images in it',
    ],
    [
      'flat',
      async (at) => write(`${at}/a.png`, await png),
      'data: FOLDER/a.png lies beside the classes → expected one sub-folder for each class, with its images in it',
    ],
    [
      'no-image',
      (at) => write(`${at}/a/list.txt`, 'x'),
      'data: FOLDER/a/list.txt is no image, expected images (.png, .jpg, .jpeg, .webp, .gif, .tif, .tiff, .avif) → take it out of the folder',
    ],
    [
      'deep-folder',
      (at) => write(`${at}/a/b/x.png`, 'x'),
      'data: FOLDER/a/b is a folder, expected images (.png, .jpg, .jpeg, .webp, .gif, .tif, .tiff, .avif) → take it out of the folder',
    ],
    [
      'no-images',
      (at) => write(`${at}/a/.keep`, ''),
      'data: FOLDER/a holds no images → add some, or remove the folder',
    ],
    [
      'no-png',
      (at) => write(`${at}/a/x.png`, 'text'),
      'data: FOLDER/a/x.png cannot be read as an image: Input file contains unsupported image format → repair it, or take it out of the folder',
    ],
    [
      'empty-file',
      (at) => write(`${at}/a/x.png`, ''),
      'data: FOLDER/a/x.png cannot be read as an image: Input file is empty or missing → repair it, or take it out of the folder',
    ],
  ])('%s', async (name, make, message) => {
    await make(name)
    const said = await failure(() => imageFolder(`${folder}/${name}`, { size: 2 }).load())
    expect(said.replace(/: Input file .*?(?= →)/, '')).toBe(
      message.replaceAll('FOLDER', `${folder}/${name}`).replace(/: Input file .*?(?= →)/, ''),
    )
  })
  test('an image that is cut short', async () => {
    const whole = await image(
      64,
      64,
      3,
      Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i) % 251),
    )
      .jpeg()
      .toBuffer()
    write('cut/a/good.jpg', whole)
    const file = write('cut/a/short.jpg', whole.subarray(0, whole.length >> 1))
    expect(await failure(() => imageFolder(`${folder}/cut`, { size: 4 }).load())).toMatch(
      `data: ${file} cannot be read as an image: `,
    )
  })
  test('more pixels than any photograph has are not decoded', async () => {
    const huge = await sharp({ create: { width: 20_000, height: 6_000, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const file = write('huge/a/x.png', huge)
    expect(await failure(() => imageFolder(`${folder}/huge`, { size: 2 }).load())).toMatch(
      `data: ${file} cannot be read as an image: Input image exceeds pixel limit`,
    )
  })
  test('more values than fit are refused before memory is taken', async () => {
    write('few/a/x.png', await png)
    expect(await failure(() => imageFolder(`${folder}/few`, { size: 40_000 }).load())).toBe(
      `data: ${folder}/few has 1 images, which at 3×40000×40000 is more than the 1073741824 values that fit in memory → make size smaller`,
    )
  })
  test.each<[object | undefined, string]>([
    [undefined, 'usage: size is undefined, expected a whole number from 1 up'],
    [{ size: 0 }, 'usage: size is 0, expected a whole number from 1 up'],
    [{ size: [2, 2, 3] }, 'usage: size is [2, 2, 3], expected [height, width] or one number'],
    [{ size: 2, channels: 2 }, 'usage: channels is 2, expected 1 (grey) or 3 (colour)'],
    [{ size: 2, fit: 'crop' }, "usage: fit is \"crop\", expected 'cover', 'contain' or 'fill'"],
    [{ size: 2, chanels: 1 }, "usage: imageFolder has no option 'chanels' → did you mean 'channels'?"],
  ])('options are checked before the files are needed: %o', async (options, message) => {
    expect(await failure(() => imageFolder('later', options as ImageFolderOptions))).toBe(message)
  })
})

describe('without sharp', () => {
  afterEach(() => vi.doUnmock('sharp'))
  test('the error says what to install', async () => {
    vi.doMock('sharp', () => {
      throw new Error("Cannot find package 'sharp'")
    })
    expect(await failure(() => imageFolder(`${folder}/pets`, { size: 2 }).load())).toBe(
      'runtime: images are read by sharp, which is not installed → run `npm install sharp`',
    )
  })
})
