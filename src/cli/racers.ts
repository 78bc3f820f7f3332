/** @file The rules that `rappel race` knows by name, with their usual settings; their learning rates are looked for. */
import * as optim from '../optim/optim.ts'
import type { UpdateRule } from '../optim/update-rule.ts'

const learningRate = 0.1

const makers = {
  sgd: () => optim.sgd({ learningRate }),
  momentum: () => optim.momentum({ learningRate }),
  nesterov: () => optim.nesterov({ learningRate }),
  adagrad: () => optim.adagrad({ learningRate }),
  rmsprop: () => optim.rmsprop({ learningRate }),
  adadelta: () => optim.adadelta(),
  adam: () => optim.adam(),
  amsgrad: () => optim.amsgrad(),
  adamw: () => optim.adamw(),
  nadam: () => optim.nadam(),
  radam: () => optim.radam(),
  adamax: () => optim.adamax(),
  lion: () => optim.lion(),
  gains: () => optim.gains({ learningRate }),
} as const satisfies Readonly<Record<string, () => UpdateRule>>

export const racers = Object.keys(makers)

/** 'own' is the rule of the configuration. */
export const isRacer = (name: string): boolean => name === 'own' || Object.hasOwn(makers, name)

/** @param own the configuration's */
export function racer(name: string, own: UpdateRule): { readonly name: string; readonly update: UpdateRule } {
  return { name, update: name === 'own' ? own : makers[name as keyof typeof makers]() }
}
