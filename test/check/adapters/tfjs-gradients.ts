/**
 * @file tfjs in Node with its gradients. The build that Node gets leaves them to its larger packages (`@tensorflow/tfjs`,
 * `tfjs-layers`); the core has them in a module whose imports lack endings, which a hook adds.
 */
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'

const endings = ['.js', '/index.js']
const hooks = registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context
    if (!specifier.startsWith('.') || parentURL?.includes('/tfjs-core/dist/') !== true) return next(specifier, context)
    const found = endings
      .map((ending) => new URL(specifier + ending, parentURL))
      .find((url) => existsSync(fileURLToPath(url)))
    return next(found?.href ?? specifier, context)
  },
})
const gradients: string = '@tensorflow/tfjs-core/dist/register_all_gradients.js'
await import(gradients)
hooks.deregister()
await tf.setBackend('cpu')

export { tf }
