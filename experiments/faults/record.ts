/** @file Makes the event streams of the library: trains each situation, or asks the foreign loop what it told. */
import { mkdirSync, writeFileSync } from 'node:fs'
import type { RunEvent, ToldEvent } from '../../src/diagnose/events.ts'
import { watchedTraining } from '../../src/diagnose/train.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { planFromConfig } from '../../src/train/config.ts'
import type { TrainingPlan } from '../../src/train/plan.ts'
import { standard } from '../../src/train/probes/index.ts'
import type { Half, Run, Situation } from './situation.ts'
import { toFile } from './stream.ts'

/** Where the committed streams lie. */
export const library = new URL('../../test/fixtures/diagnose/', import.meta.url)

export const fileOf = ({ name, half }: { name: string; half: Half }, seed: number, folder = library): URL =>
  new URL(`${half}/${name}-${seed}.jsonl.br`, folder)

/** What one situation tells with one seed. */
export async function eventsOf(situation: Situation, seed: number, engine: Engine): Promise<readonly RunEvent[]> {
  const run = situation.run(seed)
  return 'events' in run ? [...run.events] : watched(await planOf(run, seed), engine)
}

/** What every training tells: the checks before it, and its own events. The diagnosis' are left to those who ask for them. */
export async function watched(plan: TrainingPlan, engine: Engine): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = []
  const onEvent = (event: ToldEvent) => {
    // What the data are like, with examples, is for those who look; no rule reads it.
    if (!['finding', 'finding-cleared', 'data'].includes(event.type)) events.push(event as RunEvent)
  }
  await watchedTraining(plan, engine, { rules: [], onEvent })
  return events
}

/** Trained in one thread, with what is measured by default. */
export async function planOf(run: Exclude<Run, { events: unknown }>, seed: number): Promise<TrainingPlan> {
  if ('plan' in run) return { ...run.plan, seed, threads: 1, probes: run.plan.probes ?? standard() }
  return planFromConfig(run.config, { seed, threads: 1 })
}

/** Trains and writes a stream. @returns its size in bytes */
export async function record(situation: Situation, seed: number, engine: Engine, folder = library): Promise<number> {
  const file = fileOf(situation, seed, folder)
  mkdirSync(new URL('.', file), { recursive: true })
  const bytes = toFile(await eventsOf(situation, seed, engine))
  writeFileSync(file, bytes)
  return bytes.length
}
