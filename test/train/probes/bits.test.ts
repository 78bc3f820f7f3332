/** @file Probes change nothing: a run with every probe at every step ends with the bits of a run with none. */
import { expect, test } from 'vitest'
import * as probes from '../../../src/train/probes/index.ts'
import type { Cadence, Probe } from '../../../src/train/probes/probe.ts'
import type { StepForm } from '../../../src/train/stepper.ts'
import { mixedPlan, probe } from './nets.ts'

const all = (cadence: Cadence): Probe[] => [
  probes.objective({ cadence }),
  probes.norms({ cadence }),
  probes.cosine({ cadence }),
  probes.distributions({ cadence }),
  probes.units({ cadence, rows: 'all' }),
  probes.noiseScale({ cadence, parts: 2 }),
  probes.curvature({ cadence, iterations: 3 }),
  probes.pictures({ cadence }),
  probes.time(),
]
const cadences: Cadence[] = [{ everySteps: 1 }, { everySteps: 3 }, { perEpoch: 4 }]

const forms: readonly StepForm[] = ['wasm', 'nodes']
const cases = cadences.flatMap((cadence) => forms.map((form): [StepForm, Cadence] => [form, cadence]))

test.each(cases)('%s, probes at %o', async (form, cadence) => {
  const plan = mixedPlan()
  const without = await probe(plan, [], { form })
  const withAll = await probe(plan, all(cadence), { form })
  expect(withAll.parameters).toEqual(without.parameters)
  expect(withAll.buffers).toEqual(without.buffers)
  expect(withAll.epochs).toEqual(without.epochs)
  const losses = ({ events }: typeof without) => events.flatMap((e) => (e.type === 'steps' ? e.losses : []))
  expect(losses(withAll)).toEqual(losses(without))
  expect(withAll.probed.length).toBeGreaterThan(8)
})
