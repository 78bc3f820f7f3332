/** @file Options that do not exist are refused, with the nearest that does: configurations run without a type check. */
import { expect, test } from 'vitest'
import { elu, gelu, softplus } from '../../src/nn/activation.ts'
import { glorot, he, identity, orthogonal, sparse } from '../../src/nn/init.ts'
import { dense, dropout, leakyRelu, relu, sequential } from '../../src/nn/layers.ts'
import { huber, softmaxCrossEntropy, structuredSvm } from '../../src/nn/loss.ts'
import { embedding, gru, lstm, maxout, recurrent, residual } from '../../src/nn/nn.ts'
import { elasticNet, l1, l2 } from '../../src/nn/penalty.ts'
import { adam, momentum, nesterov, schedule, sgd } from '../../src/optim/index.ts'
import { failure } from '../data/failure.ts'

/** Calls as JavaScript would, past the types. */
const call = (made: (...args: never[]) => unknown, ...args: readonly unknown[]) =>
  failure(() => (made as (...args: readonly unknown[]) => unknown)(...args))

test.each<[Promise<string>, string]>([
  [call(adam, { learningrate: 0.1 }), "adam has no option 'learningrate' → did you mean 'learningRate'?"],
  [
    call(nesterov, { learningRate: 0.1, momentun: 0.5 }),
    "nesterov has no option 'momentun' → did you mean 'momentum'?",
  ],
  [call(momentum, { learningRate: 0.1, dialct: 'x' }), "momentum has no option 'dialct' → did you mean 'dialect'?"],
  [call(sgd, { learningRate: 0.1, momentum: 0.9 }), "sgd has no option 'momentum' → expected one of: learningRate"],
  [call(schedule.step, { from: 0.1, factr: 0.5 }), "step has no option 'factr' → did you mean 'factor'?"],
  [call(structuredSvm, { margins: 5 }), "structuredSvm has no option 'margins' → did you mean 'margin'?"],
  [call(dense, 10, { inti: 3 }), "dense has no option 'inti' → did you mean 'init'?"],
  [call(leakyRelu, { slop: 0.1 }), "leakyRelu has no option 'slop' → did you mean 'slope'?"],
  [call(elu, { alhpa: 0.1 }), "elu has no option 'alhpa' → did you mean 'alpha'?"],
  [call(gelu, { approximat: 'tanh' }), "gelu has no option 'approximat' → did you mean 'approximate'?"],
  [call(gelu, { approximate: 'tanhh' }), 'gelu: approximate is "tanhh" → did you mean \'tanh\'?'],
  [call(softplus, { beta: 2 }), "softplus has no option 'beta' → expected one of: name"],
  [call(dropout, 0.5, { nam: 'x' }), "dropout has no option 'nam' → did you mean 'name'?"],
  [call(he, { distributon: 'uniform' }), "he has no option 'distributon' → did you mean 'distribution'?"],
  [call(glorot, { distribution: 'unifrom' }), 'glorot: distribution is "unifrom" → did you mean \'uniform\'?'],
  [
    call(sequential, dense(3), relu),
    'layer 2 of sequential is a function, expected a layer → layers are made by a call: nn.relu()',
  ],
])('%#', async (told, message) => expect(await told).toBe(`usage: ${message}`))

test.each<[Promise<string>, string]>([
  [call(maxout, 10, { peices: 3 }), "maxout has no option 'peices' → did you mean 'pieces'?"],
  [call(embedding, 10, 4, { inti: 3 }), "embedding has no option 'inti' → did you mean 'init'?"],
  [call(recurrent, 10, { return: 'all' }), "recurrent has no option 'return' → did you mean 'returns'?"],
  [call(lstm, 10, { forgetbias: 0 }), "lstm has no option 'forgetbias' → did you mean 'forgetBias'?"],
  [call(gru, 10, { recurrentinit: 0 }), "gru has no option 'recurrentinit' → did you mean 'recurrentInit'?"],
  [call(gru, 10, { returns: 'al' }), 'gru: returns is "al" → did you mean \'all\'?'],
  [call(residual, dense(3), { shortcuts: 3 }), "residual has no option 'shortcuts' → did you mean 'shortcut'?"],
  [
    call(residual, dense(3), { shortcut: dense }),
    'the shortcut of residual is no layer → layers are made by a call: nn.dense(64)',
  ],
  [
    call(residual, dense(3), relu),
    'layer 2 of residual is a function, expected a layer → layers are made by a call: nn.relu()',
  ],
  [call(residual), 'residual has no layers → nn.residual(nn.dense(64), nn.relu())'],
  [call(orthogonal, { gian: 2 }), "orthogonal has no option 'gian' → did you mean 'gain'?"],
  [call(identity, { gian: 2 }), "identity has no option 'gian' → did you mean 'gain'?"],
  [call(sparse, { counts: 2 }), "sparse has no option 'counts' → did you mean 'count'?"],
  [call(huber, { dleta: 2 }), "huber has no option 'dleta' → did you mean 'delta'?"],
  [
    call(softmaxCrossEntropy, { smooth: 0.1 }),
    "softmaxCrossEntropy has no option 'smooth' → did you mean 'smoothing'?",
  ],
  [call(l2, 1, { bias: true }), "l2 has no option 'bias' → did you mean 'biases'?"],
  [call(l1, 1, { bias: true }), "l1 has no option 'bias' → did you mean 'biases'?"],
  [call(elasticNet, 1, 1, { bias: true }), "elasticNet has no option 'bias' → did you mean 'biases'?"],
])('of the wider kit: %#', async (told, message) => expect(await told).toBe(`usage: ${message}`))

test('what exists is taken', () => {
  expect(() => [
    adam({ beta1: 0.8 }),
    dense(3, { name: 'a', bias: false }),
    he({ distribution: 'uniform' }),
  ]).not.toThrow()
})
