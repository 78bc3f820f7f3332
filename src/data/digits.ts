/** @file The built-in data set: handwritten digits, small enough to lie in the package and to train on in seconds. */
import { tensor } from '../base/tensor.ts'
import { type ClassificationDataset, dataset } from './dataset.ts'
import { digitsText } from './digits-data.ts'

const side = 8
const pixels = side * side

/**
 * 1,797 handwritten digits by 13 writers, each 8×8 grey values from 0 (paper) to 16 (ink): how many of the 16 points of a
 * 4×4 block are ink.
 *
 * @param shape 'flat' (default): inputs [1797, 64] in row order, for dense nets; 'image': [1797, 1, 8, 8], for convolutions
 * @returns targets [1797], classes '0' to '9', features 'p00' to 'p77' (row, column)
 * @see E. Alpaydin, C. Kaynak (1998), 'Optical Recognition of Handwritten Digits', UCI Machine Learning Repository,
 *   https://doi.org/10.24432/C50P49, test part, the same as scikit-learn's `load_digits`. Licence: CC BY 4.0.
 */
export function digits({ shape = 'flat' }: { shape?: 'flat' | 'image' } = {}): ClassificationDataset {
  const lines = digitsText.split('\n')
  const inputs = new Float32Array(lines.length * pixels)
  const targets = new Int32Array(lines.length)
  for (const [row, line] of lines.entries()) {
    targets[row] = Number(line[0])
    // After the label and a space, one digit to the base 17 for each pixel.
    for (let i = 0; i < pixels; i++) inputs[row * pixels + i] = Number.parseInt(line[2 + i], 17)
  }
  const featureShape = shape === 'image' ? [1, side, side] : [pixels]
  return dataset({
    name: 'digits',
    inputs: tensor('float32', [lines.length, ...featureShape], inputs),
    targets: tensor('int32', [lines.length], targets),
    task: 'classification',
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
    featureNames: Array.from({ length: pixels }, (_, i) => `p${Math.floor(i / side)}${i % side}`),
    sameUnit: true,
    source: "UCI 'Optical Recognition of Handwritten Digits', test part (Alpaydin and Kaynak 1998), as in scikit-learn",
    licence: 'CC BY 4.0',
  })
}
