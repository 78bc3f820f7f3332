/** @file The group `probe`: what is watched while a net learns. */
import { descent } from './descent.ts'
import { distributions } from './distributions.ts'
import { evaluated } from './evaluated.ts'
import { cosine, norms } from './norms.ts'
import { objective } from './objective.ts'
import { pictures } from './pictures.ts'
import type { Probe } from './probe.ts'
import { time } from './time.ts'
import { units } from './units.ts'

export { type CurvatureOptions, curvature } from './curvature.ts'
export { type DescentOptions, descent } from './descent.ts'
export { type DistributionsOptions, distributions } from './distributions.ts'
export { type EvaluatedOptions, evaluated } from './evaluated.ts'
export { noiseScale } from './noise-scale.ts'
export { cosine, norms } from './norms.ts'
export { objective } from './objective.ts'
export { pictures } from './pictures.ts'
export { time } from './time.ts'
export { type UnitsOptions, units } from './units.ts'

/** The probes of a configuration that names none. The others (`noiseScale`, `curvature`) cost more. */
export function standard(): Probe[] {
  return [objective(), norms(), cosine(), distributions(), descent(), units(), evaluated(), pictures(), time()]
}
