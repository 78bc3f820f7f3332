/** @file What other programs call their numbers, in our names. */

/** What a number of a foreign loop is. */
export interface Meaning {
  readonly part: 'batch' | 'training' | 'validation'
  readonly of: 'loss' | 'accuracy'
}

const words = (name: string) =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '')

const parts: Readonly<Record<string, Meaning['part']>> = {
  train: 'training',
  training: 'training',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  eval: 'validation',
  dev: 'validation',
  test: 'validation',
}
const quantities: Readonly<Record<string, Meaning['of']>> = {
  loss: 'loss',
  cost: 'loss',
  objective: 'loss',
  acc: 'accuracy',
  accuracy: 'accuracy',
}
/** Words that change nothing. */
const fillers = ['epoch', 'step', 'mean', 'avg', 'average', 'batch', 'minibatch', 'total']

/**
 * The meaning of 'loss', 'val_loss', 'train/loss', 'Loss/test', 'validationAccuracy', …; undefined for any other name, also one that
 * says more ('generator loss': which of them is it?).
 */
export function meaningOf(name: string): Meaning | undefined {
  let part: Meaning['part'] = 'batch'
  let of: Meaning['of'] | undefined
  for (const word of words(name)) {
    if (Object.hasOwn(parts, word)) part = parts[word]
    else if (Object.hasOwn(quantities, word)) of = quantities[word]
    else if (!fillers.includes(word)) return undefined
  }
  return of && { part, of }
}

const rates = ['learningrate', 'lr', 'rate', 'eta']

/** Whether it is the learning rate. */
export function isLearningRate(name: string): boolean {
  return rates.includes(
    words(name)
      .filter((word) => !parts[word] && !fillers.includes(word))
      .join(''),
  )
}
