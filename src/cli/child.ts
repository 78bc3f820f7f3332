/**
 * @file The process that trains, or checks. It runs apart from the command line, so that a crash of native code, or a kill, does not take
 * the command line with it. Nothing ends it while a session runs: asked to stop, it ends after the step in progress.
 */
import { join } from 'node:path'
import { checkModel } from '../check/model-check.ts'
import { sanityChecks } from '../check/sanity/sanity.ts'
import { type WatchedResult, watchedTraining } from '../diagnose/train.ts'
import type { Engine } from '../engine/engine.ts'
import { nativeEngine } from '../engine/native.ts'
import { race } from '../search/race.ts'
import { environment } from '../store/environment.ts'
import { type Config, planFromConfig } from '../train/config.ts'
import { findRate } from '../train/find-rate.ts'
import { checkResumable } from '../train/identity.ts'
import { modelFile } from '../train/model-file.ts'
import type { TrainingPlan } from '../train/plan.ts'
import { type CheckDocument, checkDocument } from './check-document.ts'
import { loadConfigFile } from './config-file.ts'
import { demoConfig } from './demo-config.ts'
import { type RunDocument, runDocument, toJson } from './document.ts'
import { explained } from './explain.ts'
import { failureOf, printFailure } from './failure.ts'
import { writeWhole } from './files.ts'
import { findKeptRun, type KeptRun } from './kept-run.ts'
import type { CheckRequest, FromChild, RaceRequest, Result, ToChild, TrainRequest, Work } from './protocol.ts'
import { racer } from './racers.ts'
import { claimRunFolder } from './run-folder.ts'
import { RunRecord } from './run-record.ts'
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
  const kept = type === 'train' && request.resume ? await findKeptRun(request.resume, request) : undefined
  const configFile = kept ? kept.configFile : request.configFile
  const { seed = kept?.seed, threads = kept?.threads } = request
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
  if (type === 'find-rate') {
    const engine = await nativeEngine({ provider: config.provider })
    return { type: 'rate-found', test: await findRate(plan, engine, { signal: stop.signal }) }
  }
  if (type === 'race') return raceRules(plan, config.provider, request)
  return { type: 'trained', document: await train(plan, config.provider, request, kept) }
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

async function train(
  plan: TrainingPlan,
  provider: Config['provider'],
  request: TrainRequest,
  kept?: KeptRun,
): Promise<RunDocument> {
  const engine = await nativeEngine({ provider })
  // Before anything in the record is taken back.
  if (kept?.found) checkResumable(plan, kept.found.content)
  const folder = kept ? { path: kept.folder } : claimRunFolder(request.out, new Date())
  tell({ type: 'claimed', folder })
  const checked = request.check ? await check(plan, {}) : undefined
  if (checked !== undefined) tell({ type: 'before', check: checked })
  const record = kept
    ? await RunRecord.resume(kept, request)
    : await RunRecord.begin(plan, engine, folder.path, request)
  return record.through(async () => {
    if (request.probe) tell({ type: 'trying' })
    const { unchecked, probe } = request
    const result = await run(plan, engine, record, { checked, unchecked, probe, resume: kept?.found?.bytes })
    return keep(plan, folder.path, result)
  })
}

/** Each run that counts is recorded, so that they can be compared. */
async function raceRules(plan: TrainingPlan, provider: Config['provider'], request: RaceRequest): Promise<Result> {
  const { rules, seeds, ...rest } = request
  const engine = await nativeEngine({ provider })
  const runs: string[] = []
  const report = await race(
    plan,
    rules.map((name) => racer(name, plan.update)),
    engine,
    {
      ...(seeds !== undefined && { seeds }),
      signal: stop.signal,
      onProgress: (progress) => tell({ type: 'racing', progress }),
      train: async (own, { contestant, learningRate }) => {
        const hyper = { ...plan.hyper, rule: contestant, ...(learningRate !== undefined && { learningRate }) }
        const named = { ...own, name: `${plan.name}, ${contestant}`, hyper }
        const { path } = claimRunFolder(undefined, new Date())
        const record = await RunRecord.begin(named, engine, path, { ...rest, kind: 'race' })
        runs.push(record.id)
        const kept: WatchedResult[] = []
        await record.through(async () => {
          const result = await run(named, engine, record, {})
          kept.push(result)
          return keep(named, path, result)
        })
        return kept[0]
      },
    },
  )
  return { type: 'raced', report, runs }
}

/** What stands around a run. */
interface Around extends Pick<TrainRequest, 'unchecked' | 'probe'> {
  readonly checked?: CheckDocument
  readonly resume?: Uint8Array
}

async function run(
  plan: TrainingPlan,
  engine: Engine,
  record: RunRecord,
  { checked, unchecked, probe, resume }: Around,
): Promise<WatchedResult> {
  const { cpu, platform } = environment()
  return watchedTraining(plan, engine, {
    ...(checked && { check: { type: 'check', ...checked } }),
    ...(unchecked && { check: false }),
    experiments: probe,
    ...(engine.provider !== 'cpu' && { checkEngine: await nativeEngine({ threads: plan.threads }) }),
    before: record.before,
    onEvent: (event) => {
      record.write(event)
      tell({ type: 'event', event })
    },
    signal: AbortSignal.any([stop.signal, record.lost]),
    now: () => performance.now(),
    checkpoints: record.checkpoints,
    resume,
    machine: `${cpu}, ${platform}`,
  })
}

/** Writes what came out into the run's folder. */
function keep(plan: TrainingPlan, folder: string, result: WatchedResult): RunDocument {
  const model = join(folder, 'model.onnx')
  const document = runDocument(result, model)
  const values = { ...result.parameters, ...result.buffers }
  writeWhole(model, modelFile(plan.net, values, { standardisation: plan.standardisation, data: plan.training }))
  writeWhole(join(folder, 'run.json'), `${toJson(document, 2)}\n`)
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
