/** @file The group `nn`: layers, in the words of the field. */
export { dense, dropout, flatten, functional, leakyRelu, relu, sequential, sigmoid, tanh } from './layers.ts'
export { batchNorm, groupNorm, layerNorm } from './normalisation.ts'
