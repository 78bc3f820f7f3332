/** @file How far a run is, apart and together with its tensors: what can be kept, and gone back to. */
import type { At } from '../optim/rate.ts'
import type { TrainingState } from './state.ts'
import { buffersName, stateName } from './step-graph.ts'

/** Name of the region that holds the last update, where a probe waits to compare the next one with it. */
const lastUpdateName = 'watched/previous'

/** All that a run needs to go on besides its tensors. Plain data. */
export interface Progress {
  /** Updates made. */
  step: number
  /** Whole epochs done. */
  epoch: number
  /** Batches done of the epoch after these. */
  batch: number
  /** Over the examples of these batches: losses, and right answers. */
  sum: { loss: number; correct: number }
  /** Where the last update stood. */
  lastAt: At
  /** How many numbers each random stream of the epoch has given, by its name. */
  random: Readonly<Record<string, number>>
  /** Loss of the first batch; undefined before it. */
  firstLoss: number | undefined
  /** What all learning rates are multiplied by: less than 1 after a roll-back. */
  rateFactor: number
  /** How often the run has been rolled back. */
  rollBacks: number
  /** Number of epoch events so far. */
  epochEvents: number
  /** Validation loss after each whole epoch: what a schedule may look at. */
  validation: readonly number[]
}

export const beginning: Progress = {
  step: 0,
  epoch: 0,
  batch: 0,
  sum: { loss: 0, correct: 0 },
  lastAt: { epoch: 0, step: 0 },
  random: {},
  firstLoss: undefined,
  rateFactor: 1,
  rollBacks: 0,
  epochEvents: 0,
  validation: [],
}

/** Values of the regions of a state by name: `state/x`, `state/m`, …, `buffers/now`. */
export type Regions = Readonly<Record<string, Float32Array>>

/** A run as it stood between two calls. */
export interface Capture {
  readonly progress: Readonly<Progress>
  readonly regions: Regions
}

/** What a later step needs, where it lies now; gradients are made anew. */
function regionsOf({ sets, bufferSets, buffers, current, watched, step }: TrainingState): Regions {
  const roles = Object.entries(sets[current]).filter(([role]) => role !== 'g')
  return {
    ...Object.fromEntries(roles.map(([role, { region }]) => [stateName(role), region.data])),
    ...(buffers.length > 0 && { [buffersName]: bufferSets[current].region.data }),
    ...(watched?.previousStep === step - 1 && { [lastUpdateName]: watched.previous.region.data }),
  }
}

/** The parameters and buffers alone: what a model is. */
export function modelRegionsOf(state: TrainingState): Regions {
  const wanted = [stateName('x'), buffersName]
  return Object.fromEntries(Object.entries(regionsOf(state)).filter(([name]) => wanted.includes(name)))
}

/** @param into copies of the same state, whose arrays are used again */
export function copyRegions(regions: Regions, into?: Regions): Regions {
  return Object.fromEntries(
    Object.entries(regions).map(([name, data]) => {
      const copy = into?.[name] ?? new Float32Array(data.length)
      copy.set(data)
      return [name, copy]
    }),
  )
}

/** Puts values back where the next step, which the state says, reads them. Regions that are not given stay as they are. */
export function restoreRegions(state: TrainingState, regions: Regions): void {
  if (state.watched) state.watched.previousStep = regions[lastUpdateName] === undefined ? -1 : state.step - 1
  for (const [name, data] of Object.entries(regionsOf(state))) if (regions[name] !== undefined) data.set(regions[name])
}

/** @param into an earlier capture that is no longer needed */
export function captureRun(state: TrainingState, progress: Progress, into?: Capture): Capture {
  return { progress: structuredClone(progress), regions: copyRegions(regionsOf(state), into?.regions) }
}
