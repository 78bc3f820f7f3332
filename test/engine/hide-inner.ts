/** @file Preloaded, or imported before the engine: the runtime's inner file is elsewhere, as in a version that moved it. */
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'onnxruntime-node/dist/binding.js' ? 'onnxruntime-node/dist/moved.js' : specifier, context),
})
