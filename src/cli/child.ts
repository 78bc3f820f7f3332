/**
 * @file The process that trains. It runs apart from the command line, so that a crash of native code, or a kill, does not take
 * the command line with it. It is stopped by a message or a signal, which only sets a flag: no exit while a session runs.
 */
import { join } from 'node:path'
import { nativeEngine } from '../engine/native.ts'
import { planFromConfig } from '../train/config.ts'
import { runTraining } from '../train/loop.ts'
import { modelFile } from '../train/model-file.ts'
import { loadConfigFile } from './config-file.ts'
import { demoConfig } from './demo-config.ts'
import { type RunDocument, runDocument, toJson } from './document.ts'
import { failureOf, printFailure } from './failure.ts'
import { writeWhole } from './files.ts'
import type { FromChild, ToChild, TrainRequest } from './protocol.ts'

const stop = new AbortController()
// The terminal sends Ctrl-C to both processes; the command line decides what it means.
process.on('SIGINT', () => stop.abort())
process.on('SIGTERM', () => stop.abort())
process.on('disconnect', () => stop.abort())

process.on('message', (message: ToChild) => {
  if (message.type === 'stop') stop.abort()
  else void work(message.request)
})
tell({ type: 'ready' })

async function work(request: TrainRequest): Promise<void> {
  try {
    tell({ type: 'done', document: await train(request) })
  } catch (error) {
    const failure = failureOf(error, request.configFile)
    if (process.env.RAPPEL_DEBUG) printFailure(failure, error)
    tell({ type: 'failed', failure })
  } finally {
    if (process.connected) process.disconnect()
  }
}

async function train(request: TrainRequest): Promise<RunDocument> {
  const { configFile, folder } = request
  const config = configFile === undefined ? undefined : await loadConfigFile(configFile)
  const plan =
    config === undefined ? await planFromConfig(demoConfig(), request) : await planFromConfig(config, request)
  const engine = await nativeEngine({ provider: config?.provider })
  const result = await runTraining(plan, engine, {
    onEvent: (event) => tell({ type: 'event', event }),
    signal: stop.signal,
    now: () => performance.now(),
  })
  const diverged = result.outcome.reason === 'diverged'
  const model = diverged ? undefined : join(folder, 'model.onnx')
  const document = runDocument(result, model)
  if (model !== undefined)
    writeWhole(
      model,
      modelFile(plan.net, result.parameters, { standardisation: plan.standardisation, data: plan.training }),
    )
  writeWhole(join(folder, 'run.json'), `${toJson(document, 2)}\n`)
  return document
}

function tell(message: FromChild): void {
  // Without a parent nobody listens any more: the run is ending.
  if (process.connected) process.send?.(message)
}
