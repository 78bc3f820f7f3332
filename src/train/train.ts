/** @file `train`: a configuration in, a trained net out, in one call. */
import { usageError } from '../base/errors.ts'
import type { LoadOptions } from '../data/progress.ts'
import type { Engine } from '../engine/engine.ts'
import type { Config } from './config.ts'
import { planFromConfig } from './config.ts'
import { type RunOptions, runTraining, type TrainingResult } from './loop.ts'
import { modelFile } from './model-file.ts'

/** `onProgress` is told how far a download of the data is. */
export interface TrainOptions extends RunOptions, LoadOptions {
  /** What executes: `await nativeEngine()` of `rappel/engine/native`. */
  readonly engine: Engine
  /** Takes the place of the configuration's seed. */
  readonly seed?: number
}

/** A result, and the net as a file. */
export interface Trained extends TrainingResult {
  /** The bytes of the ONNX file: raw inputs in, standardisation inside, any batch size. */
  model(): Uint8Array<ArrayBuffer>
}

/**
 * Trains in the calling thread, which is blocked while a step runs.
 *
 * @throws RappelError that names what is wrong in the configuration or the data. A run that diverged or was interrupted is
 *   a result: see `outcome`
 */
export async function train<H>(
  config: Config<H>,
  { engine, seed, onProgress, ...options }: TrainOptions,
): Promise<Trained> {
  if (config.provider !== undefined && config.provider !== engine.provider)
    throw usageError(
      `the configuration says provider '${config.provider}', the engine given executes on '${engine.provider}'`,
      `make it with nativeEngine({ provider: '${config.provider}' })`,
    )
  const plan = await planFromConfig(config, { seed, onProgress })
  const result = await runTraining(plan, engine, options)
  const { net, standardisation, training } = plan
  const values = { ...result.parameters, ...result.buffers }
  return { ...result, model: () => modelFile(net, values, { standardisation, data: training }) }
}
