/** @file The group `nn`: layers, in the words of the field. */
export { elu, gelu, leCunTanh, softplus } from './activation.ts'
export { dense, dropout, flatten, functional, leakyRelu, relu, sequential, sigmoid, tanh } from './layers.ts'
