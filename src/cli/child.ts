/**
 * @file The process that trains, or checks. It runs apart from the command line, so that a crash of native code, or a kill, does not take
 * the command line with it. Nothing ends it while a session runs: asked to stop, it ends after the step in progress.
 */
import { join } from 'node:path'
import { checkModel } from '../check/model-check.ts'
import { sanityChecks } from '../check/sanity/sanity.ts'
import { nativeEngine } from '../engine/native.ts'
import { type Config, planFromConfig } from '../train/config.ts'
import { runTraining } from '../train/loop.ts'
import { modelFile } from '../train/model-file.ts'
import type { TrainingPlan } from '../train/plan.ts'
import { type CheckDocument, checkDocument } from './check-document.ts'
import { loadConfigFile } from './config-file.ts'
import { demoConfig } from './demo-config.ts'
import { type RunDocument, runDocument, toJson } from './document.ts'
import { explained } from './explain.ts'
import { failureOf, printFailure } from './failure.ts'
import { writeWhole } from './files.ts'
import type { CheckRequest, FromChild, Result, ToChild, TrainRequest, Work } from './protocol.ts'
import { claimRunFolder } from './run-folder.ts'
import { surviveClosedStreams } from './streams.ts'

/** The user's file while its code runs; then what goes wrong, goes wrong there. */
let userFile: string | undefined
let working = false
const stop = new AbortController()

// The terminal sends Ctrl-C to both processes; the command line decides what it means, so here all is one.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'disconnect']) process.on(signal, onStop)
process.on('uncaughtException', fail)
process.on('message', (message: ToChild) => {
  if (message.type === 'stop') onStop()
  else work(message).then(end, fail)
})
surviveClosedStreams()
// The user's code may lie deep under the layers that call it.
Error.stackTraceLimit = 100
tell({ type: 'ready' })

function onStop(): void {
  stop.abort()
  if (!working) process.exit()
}

function fail(error: unknown): void {
  // A check that was stopped has nothing to keep.
  if (stop.signal.aborted && error === stop.signal.reason) process.exit()
  const failure = failureOf(userFile === undefined ? error : explained(error), userFile)
  if (process.env.RAPPEL_DEBUG) printFailure(failure, error)
  end({ type: 'failed', failure })
}

async function work({ type, request }: Work): Promise<Result> {
  const { configFile, seed, threads } = request
  userFile = configFile
  const config = (configFile === undefined ? demoConfig() : await loadConfigFile(configFile)) as Config
  const plan = await planFromConfig(config, {
    seed,
    threads,
    onProgress: (progress) => tell({ type: 'loading', progress }),
  })
  userFile = undefined
  working = true
  if (type === 'check') return { type: 'checked', document: await check(plan, request) }
  return { type: 'trained', document: await train(plan, config.provider, request) }
}

/** On the CPU, whatever the plan's provider: others have no float64. */
async function check(plan: TrainingPlan, { extent, examples }: CheckRequest): Promise<CheckDocument> {
  const engine = await nativeEngine({ threads: plan.threads })
  const startedAt = performance.now()
  const report = await checkModel(plan, engine, {
    ...(extent === 'all' && { coordinates: 'all' }),
    ...(extent === 'directions' && { mode: 'directions' }),
    ...(examples !== undefined && { examples }),
    onProgress: (progress) => tell({ type: 'checking', progress }),
    signal: stop.signal,
  })
  const checkedAt = performance.now()
  const sanity = await sanityChecks(plan, engine, {
    onProgress: (name) => tell({ type: 'looking', check: name }),
    signal: stop.signal,
  })
  const [seconds, sanitySeconds] = [checkedAt - startedAt, performance.now() - checkedAt].map((ms) => ms / 1000)
  return checkDocument(report, { ...sanity, seconds: sanitySeconds }, { plan, engine: engine.description, seconds })
}

async function train(plan: TrainingPlan, provider: Config['provider'], request: TrainRequest): Promise<RunDocument> {
  const engine = await nativeEngine({ provider })
  const folder = claimRunFolder(request.out, new Date())
  tell({ type: 'claimed', folder })
  if (request.check) tell({ type: 'before', check: await check(plan, {}) })
  const result = await runTraining(plan, engine, {
    onEvent: (event) => tell({ type: 'event', event }),
    signal: stop.signal,
    now: () => performance.now(),
  })
  const diverged = result.outcome.reason === 'diverged'
  const model = diverged ? undefined : join(folder.path, 'model.onnx')
  const document = runDocument(result, model)
  const values = { ...result.parameters, ...result.buffers }
  if (model !== undefined)
    writeWhole(model, modelFile(plan.net, values, { standardisation: plan.standardisation, data: plan.training }))
  writeWhole(join(folder.path, 'run.json'), `${toJson(document, 2)}\n`)
  return document
}

function tell(message: FromChild, then = () => {}): void {
  // Without a parent nobody listens any more: the run is ending.
  if (process.connected) process.send?.(message, undefined, undefined, then)
  else then()
}

/** Also when the user's code left something open that would keep the process alive. */
function end(result: Result): void {
  tell(result, () => process.exit())
}
