/** @file The group `nn`: layers, in the words of the field. */
export { conv2d, convTranspose2d } from './convolution.ts'
export { dense, dropout, flatten, functional, leakyRelu, relu, sequential, sigmoid, tanh } from './layers.ts'
export { averagePool, globalAveragePool, maxPool, type PoolingOptions } from './pooling.ts'
