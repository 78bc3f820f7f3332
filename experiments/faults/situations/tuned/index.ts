/** @file The tuned half: what those who write rules may look at. */
import { type Situation, situations } from '../../situation.ts'
import { data } from './data.ts'
import { foreign } from './foreign.ts'
import { healthy } from './healthy.ts'
import { odd } from './healthy-odd.ts'
import { objective } from './objective.ts'
import { signal } from './signal.ts'
import { update } from './update.ts'

export const tuned: readonly Situation[] = situations('tuned', [
  ...update,
  ...signal,
  ...data,
  ...objective,
  ...foreign,
  ...healthy,
  ...odd,
])
