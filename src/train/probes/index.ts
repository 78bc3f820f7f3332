/** @file The group `probe`: what is watched while a net learns. */
import { cosine, norms } from './norms.ts'
import type { Probe } from './probe.ts'

export { cosine, norms } from './norms.ts'

/** The probes of a configuration that names none. */
export function standard(): Probe[] {
  return [norms(), cosine()]
}
