/**
 * @file The scored half of the fault library: no rule of the diagnosis was made by looking at these. `mended` is the same training with the
 * cure in the place of the fault; `npm run experiments faults -- verify --half scored` shows both.
 */
import { type Run, type Situation, situations } from '../../situation.ts'
import { faultsOfData } from './faults-of-data.ts'
import { type Foreign, foreign } from './foreign.ts'
import { healthy } from './healthy.ts'
import { objective } from './objective.ts'
import { signal } from './signal.ts'
import type { Made, Variation } from './situation.ts'
import { update } from './update.ts'

const faultOf = ({ cause, accepted }: Pick<Made, 'cause' | 'accepted'>): Situation['fault'] =>
  cause && { cause, ...(accepted && { accepts: accepted }) }

const asIs: Variation = { fixed: false, rate: 1, epochs: 1 }

function ofTraining(made: Made): Omit<Situation, 'half'> {
  const { name, about, tolerated } = made
  const runOf = (seed: number, variation: Variation): Run =>
    'plan' in made ? { plan: made.plan(seed, variation) } : { config: made.config(seed, variation) }
  const fault = faultOf(made)
  return {
    name,
    about,
    run: (seed) => runOf(seed, asIs),
    ...(fault && { fault, mended: (seed: number) => runOf(seed, { ...asIs, fixed: true }) }),
    ...(tolerated && { tolerates: tolerated }),
  }
}

function ofLoop(made: Foreign): Omit<Situation, 'half'> {
  const { name, about, tolerated, events } = made
  const fault = faultOf(made)
  return {
    name,
    about,
    run: (seed) => ({ events: events(seed, false) }),
    ...(fault && { fault, mended: (seed: number) => ({ events: events(seed, true) }) }),
    ...(tolerated && { tolerates: tolerated }),
  }
}

export const scored: readonly Situation[] = situations('scored', [
  ...[...update, ...signal, ...faultsOfData, ...objective, ...healthy].map(ofTraining),
  ...foreign.map(ofLoop),
])
