/** @file `rappel/engine`: the port to what executes graphs. Engines stand in files of their own: `rappel/engine/native`. */
export {
  allocate,
  type Call,
  type CompileOptions,
  type Engine,
  type Executable,
  evaluate,
  type NamedTensors,
  type Provider,
  providers,
} from './engine.ts'
export { arithmetic, threadsFor } from './threads.ts'
