/** @file Folders of images, one sub-folder for each class, decoded and resized by sharp (an optional package). */
import { checkInteger, checkOptions, RappelError, show, usageError } from '../../base/errors.ts'
import { tensor } from '../../base/tensor.ts'
import { type ClassificationDataset, dataset } from '../dataset.ts'
import { dataError } from '../error.ts'
import { fileText, localPath, readFolder } from './file.ts'

export interface ImageFolderOptions {
  /** Pixels of every image after resizing: [height, width], or one number for both. */
  size: number | readonly [height: number, width: number]
  /** 3 (default): red, green and blue; 1: grey. */
  channels?: 1 | 3
  /**
   * How an image of other proportions fills the size. 'cover' (default): scaled until it covers, and what sticks out is cut off on
   * both sides; 'contain': scaled until it fits, and the borders are white; 'fill': stretched.
   */
  fit?: 'cover' | 'contain' | 'fill'
  source?: string
  licence?: string
}

type Sharp = typeof import('sharp')

const formats = ['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff', '.avif']

/** What systems leave in folders. */
const systemFiles = ['thumbs.db', 'desktop.ini']

/** Pixels at most of an image before resizing: 100 million. */
const mostPixels = 1e8

/** Values in one array: 4 GiB. */
const largest = 2 ** 30

/** Images that are decoded at the same time. */
const atOnce = 16

const white = { r: 255, g: 255, b: 255, alpha: 1 }

/**
 * Images as a data set, for a configuration's `data`: every sub-folder is a class, its files are that class's images. Classes and
 * files come in the order of their names. Hidden files are passed over, and beside the sub-folders whatever is no image.
 *
 * An image is turned as its EXIF data say, its transparent parts become white, its colours sRGB; of an animation the first
 * picture is taken. Resampling is sharp's Lanczos-3.
 *
 * @returns inputs [rows, channels, height, width] from 0 to 255, targets [rows], classes: the names of the sub-folders
 * @throws RappelError 'usage' for an option that does not exist or does not fit; on loading 'runtime' when sharp is not installed,
 *   'data' naming the file when it is no image or cannot be decoded
 */
export function imageFolder(
  path: string | URL,
  options: ImageFolderOptions,
): { name: string; load: () => Promise<ClassificationDataset> } {
  checkImageFolderOptions(options)
  return { name: fileText(path), load: () => load(path, options) }
}

function checkImageFolderOptions(options: ImageFolderOptions): void {
  checkOptions('imageFolder', options ?? {}, ['size', 'channels', 'fit', 'source', 'licence'])
  const { size, channels = 3, fit = 'cover' } = options ?? {}
  const sides = Array.isArray(size) ? size : [size, size]
  if (sides.length !== 2) throw usageError(`size is ${show(size)}, expected [height, width] or one number`)
  for (const side of sides) checkInteger('size', side, 1)
  if (channels !== 1 && channels !== 3)
    throw usageError(`channels is ${show(channels)}, expected 1 (grey) or 3 (colour)`)
  if (!['cover', 'contain', 'fill'].includes(fit))
    throw usageError(`fit is ${show(fit)}, expected 'cover', 'contain' or 'fill'`)
}

async function load(path: string | URL, options: ImageFolderOptions): Promise<ClassificationDataset> {
  const { size, channels = 3, fit = 'cover', source = fileText(path), licence } = options
  const [height, width] = typeof size === 'number' ? [size, size] : size
  const sharp = await loadSharp()
  const { files, classes } = await findImages(path)
  const values = channels * height * width
  if (files.length * values > largest)
    throw dataError(
      `${fileText(path)} has ${files.length} images, which at ${channels}×${height}×${width} is more than the ${largest} values that fit in memory`,
      'make size smaller',
    )
  const inputs = new Float32Array(files.length * values)
  for (let first = 0; first < files.length; first += atOnce) {
    const group = files.slice(first, first + atOnce)
    // All are waited for before an error goes out, so that none is still at work then.
    const results = await Promise.allSettled(
      group.map(({ file }) => decode(sharp, file, { height, width, channels, fit })),
    )
    for (const [i, result] of results.entries()) {
      if (result.status === 'rejected') throw result.reason
      planes(result.value, channels, inputs.subarray((first + i) * values, (first + i + 1) * values))
    }
  }
  return dataset({
    name: fileText(path),
    inputs: tensor('float32', [files.length, channels, height, width], inputs),
    targets: tensor(
      'int32',
      [files.length],
      files.map(({ label }) => label),
    ),
    task: 'classification',
    classes,
    sameUnit: true,
    source,
    licence,
  })
}

/** The images with their class numbers, and the classes. */
async function findImages(
  path: string | URL,
): Promise<{ files: { file: string; label: number }[]; classes: string[] }> {
  const { join } = await import('node:path')
  const base = await localPath(path)
  const shown = fileText(path)
  const entries = (await readFolder(path)).filter(({ name }) => !isHidden(name))
  const stray = entries.find(({ name, folder }) => !folder && isImage(name))
  const classes = entries.filter(({ folder }) => folder).map(({ name }) => name)
  if (stray !== undefined || classes.length === 0)
    throw dataError(
      stray === undefined ? `${shown} has no sub-folders` : `${join(base, stray.name)} lies beside the classes`,
      'expected one sub-folder for each class, with its images in it',
    )
  const files: { file: string; label: number }[] = []
  for (const [label, name] of classes.entries()) {
    const folder = join(base, name)
    const inside = (await readFolder(folder)).filter((entry) => !isHidden(entry.name))
    const odd = inside.find((entry) => entry.folder || !isImage(entry.name))
    if (odd !== undefined)
      throw dataError(
        `${join(folder, odd.name)} is ${odd.folder ? 'a folder' : 'no image'}, expected images (${formats.join(', ')})`,
        'take it out of the folder',
      )
    if (inside.length === 0) throw dataError(`${folder} holds no images`, 'add some, or remove the folder')
    files.push(...inside.map((entry) => ({ file: join(folder, entry.name), label })))
  }
  return { files, classes }
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || systemFiles.includes(name.toLowerCase())
}

function isImage(name: string): boolean {
  return formats.some((format) => name.toLowerCase().endsWith(format))
}

/** The pixels of one image, channel by channel within each pixel. */
async function decode(
  sharp: Sharp['default'],
  file: string,
  {
    height,
    width,
    channels,
    fit,
  }: { height: number; width: number; channels: 1 | 3; fit: 'cover' | 'contain' | 'fill' },
): Promise<Uint8Array> {
  try {
    return await sharp(file, { limitInputPixels: mostPixels })
      .autoOrient()
      .flatten({ background: white })
      .resize(width, height, { fit, background: white })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer()
  } catch (cause) {
    const [line] = (cause as Error).message.split('\n')
    throw dataError(`${file} cannot be read as an image: ${line}`, 'repair it, or take it out of the folder', { cause })
  }
}

/** Pixels [height, width, channels] as planes [channels, height, width]. */
function planes(pixels: Uint8Array, channels: number, to: Float32Array): void {
  const size = to.length / channels
  for (let c = 0; c < channels; c++) for (let i = 0; i < size; i++) to[c * size + i] = pixels[i * channels + c]
}

async function loadSharp(): Promise<Sharp['default']> {
  try {
    return (await import('sharp')).default
  } catch (cause) {
    throw new RappelError('runtime', 'images are read by sharp, which is not installed', 'run `npm install sharp`', {
      cause,
    })
  }
}
