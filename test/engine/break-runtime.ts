/** @file Preloaded: onnxruntime-node is there, but a package that it needs is not. */
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'onnxruntime-common' ? 'onnxruntime-common-is-not-installed' : specifier, context),
})
