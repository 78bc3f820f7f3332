/** @file Which of a run's series are losses, accuracies, learning rates: Rappel's own names first, then what other programs call them. */
import { isAccuracy, isLoss } from '../../store/run-summary.ts'

const isOfValidation = (name: string) => /(^|[^a-z])(val(id|idation)?|eval|dev|test)([^a-z]|$)/i.test(name)
const isOfTraining = (name: string) => !isOfValidation(name)
const isProbed = (name: string) => /^(descent|evaluated|objective|exampleLoss|surprising)\//.test(name)

export interface KnownSeries {
  /** Of each batch, or as often as it was logged. */
  readonly loss?: string
  readonly trainingLoss?: string
  readonly validationLoss?: string
  readonly trainingAccuracy?: string
  readonly validationAccuracy?: string
  readonly learningRate?: string
  readonly penalty?: string
}

export function knownSeries(names: readonly string[]): KnownSeries {
  const plain = names.filter((name) => !isProbed(name))
  const first = (own: string, fits: (name: string) => boolean) => (names.includes(own) ? own : plain.find(fits))
  const trainingLoss = names.includes('training/loss') ? 'training/loss' : undefined
  return {
    loss: first('loss', (name) => isLoss(name) && isOfTraining(name) && name !== trainingLoss),
    trainingLoss,
    validationLoss: first('validation/loss', (name) => isLoss(name) && isOfValidation(name)),
    trainingAccuracy: first('training/accuracy', (name) => isAccuracy(name) && isOfTraining(name)),
    validationAccuracy: first('validation/accuracy', (name) => isAccuracy(name) && isOfValidation(name)),
    learningRate: first('learningRate', (name) => /^(lr|learning[_-]?rate)$/i.test(name.split('/').at(-1) ?? '')),
    penalty: names.includes('objective/penalty') ? 'objective/penalty' : first('penalty', () => false),
  }
}
