/** @file `rappel/base`: errors, random streams, tensors, trees. */
export { type ErrorCode, RappelError } from './errors.ts'
export { type RandomState, RandomStream } from './random.ts'
export { Arena, type DataOf, type DType, numbers, type Shape, type Tensor, tensor, typeText } from './tensor.ts'
export { leaves, mapTree, type Tree } from './tree.ts'
