/** @file Every rule, with each of the settings that change its arithmetic: what the WebAssembly and ONNX forms are compared on. */
import * as optim from '../../src/optim/optim.ts'
import type { Rule } from '../../src/optim/update-rule.ts'
import { everything } from './everything.ts'

const { adam, sgd } = optim
const learningRate = 0.1

export const allRules: readonly [name: string, rule: Rule][] = [
  sgd({ learningRate }),
  optim.momentum({ learningRate }),
  optim.momentum({ learningRate, dampening: 0.2, dialect: 'pytorch' }),
  optim.nesterov({ learningRate }),
  optim.nesterov({ learningRate, dialect: 'pytorch' }),
  optim.adagrad({ learningRate }),
  optim.adagrad({ learningRate, dialect: 'keras' }),
  optim.rmsprop({ learningRate }),
  optim.rmsprop({ learningRate, centred: true, momentum: 0.9, dialect: 'pytorch' }),
  optim.rmsprop({ learningRate, centred: true, momentum: 0.9, dialect: 'keras' }),
  optim.adadelta(),
  adam(),
  adam({ dialect: 'keras' }),
  optim.amsgrad(),
  optim.adamw(),
  optim.nadam(),
  optim.radam({ beta2: 0.8 }),
  optim.adamax(),
  optim.adamax({ dialect: 'keras' }),
  optim.lion(),
  optim.rprop(),
  optim.rprop({ dialect: 'paper' }),
  optim.gains({ learningRate }),
  optim.gains({ learningRate, momentum: 0.5 }),
  optim.averagedSgd({ learningRate }),
  optim.averaged(adam(), { decay: 0.99 }),
  optim.weightDecay(adam(), { decay: 0.1, by: 'coupled' }),
  optim.weightDecay(sgd({ learningRate }), { decay: 0.1, by: 'schedule' }),
  optim.clipValue(optim.momentum({ learningRate }), { value: 1 }),
  everything,
].map((rule, i) => [`${i}: ${rule.description.split(',')[0]}`, rule])

/** State that is never negative. Those of second moments stand above the square of any mean. */
const positive = new Set(['v', 'vMax', 'cache', 'changes', 'u', 'size', 'gain'])

/** A value for an entry of a tensor, as it may stand in the middle of a training. */
export function smoothValue(i: number, name: string): number {
  return positive.has(name) ? 10 + i / 10 : Math.sin(i * 1.7 + name.length) * 3
}
