/** @file Preloaded (`node --import`): onnxruntime-node is not found, as where it was never installed. */
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'onnxruntime-node' ? 'onnxruntime-node-is-not-installed' : specifier, context),
})
