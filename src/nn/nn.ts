/** @file The group `nn`: layers, in the words of the field. */
export { conv2d, convTranspose2d } from './convolution.ts'
export { embedding } from './embedding.ts'
export { dense, dropout, flatten, functional, leakyRelu, relu, sequential, sigmoid, tanh } from './layers.ts'
export { maxout } from './maxout.ts'
export { batchNorm, groupNorm, layerNorm } from './normalisation.ts'
export { averagePool, globalAveragePool, maxPool, type PoolingOptions } from './pooling.ts'
export { gru, lstm, type RecurrentOptions, recurrent } from './recurrent.ts'
export { type ResidualOptions, residual } from './residual.ts'
