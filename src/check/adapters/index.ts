/** @file Adapters of other libraries for the gradient check. None of these libraries is loaded: each is handed in by the user. */
export { type Jax, type JaxArray, type JaxOptions, jaxObjective } from './jax-js.ts'
export { type OnnxObjective, type OnnxOptions, onnxObjective } from './onnx.ts'
export type { Like, ShapedObjective, Shapes } from './parameters.ts'
export {
  type Tf,
  type TfTensor,
  type TfVariable,
  type TfVariablesObjective,
  tfjsObjective,
  tfjsVariablesObjective,
} from './tfjs.ts'
