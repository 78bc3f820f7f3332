/** @file Probes change nothing: a run with every probe at every step ends with the bits of a run with none. */
import { expect, test } from 'vitest'
import { sizeOf, tensor } from '../../../src/base/tensor.ts'
import { dataset } from '../../../src/data/dataset.ts'
import { maxNorm } from '../../../src/nn/constraint.ts'
import { conv2d } from '../../../src/nn/convolution.ts'
import { dense, flatten, relu, sequential, tanh } from '../../../src/nn/layers.ts'
import * as probes from '../../../src/train/probes/index.ts'
import type { Cadence, Probe } from '../../../src/train/probes/probe.ts'
import type { StepForm } from '../../../src/train/stepper.ts'
import { mixedPlan, probe } from './nets.ts'

const all = (cadence: Cadence): Probe[] => [
  probes.objective({ cadence }),
  probes.norms({ cadence }),
  probes.cosine({ cadence }),
  probes.distributions({ cadence }),
  probes.descent({ cadence, half: cadence }),
  probes.units({ cadence, rows: 'all' }),
  probes.evaluated({ cadence, rows: 20 }),
  { ...probes.evaluated({ rows: 20 }), name: 'evaluated between steps' },
  probes.noiseScale({ cadence, parts: 2 }),
  probes.curvature({ cadence, iterations: 3 }),
  probes.pictures({ cadence }),
  probes.time(),
]
const cadences: Cadence[] = [{ everySteps: 1 }, { everySteps: 3 }, { perEpoch: 4 }]

const shape = [40, 1, 6, 6]
const images = dataset({
  inputs: tensor(
    'float32',
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * i)),
  ),
  targets: tensor(
    'int32',
    [40],
    Int32Array.from({ length: 40 }, (_, i) => i % 3),
  ),
  task: 'classification',
})
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

test.each(forms)('%s, with a max-norm, which works where the update will stand', async (form) => {
  const plan = mixedPlan({ constraint: maxNorm(0.5), epochs: 1 })
  const without = await probe(plan, [], { form })
  const withAll = await probe(plan, all({ everySteps: 1 }), { form })
  expect(withAll.parameters).toEqual(without.parameters)
})

test('a convolution, the standard probes', async () => {
  const plan = mixedPlan({
    model: sequential(conv2d(3, 3), relu(), flatten(), dense(4), tanh(), dense(3)),
    training: images,
    validation: undefined,
  })
  const [wasm, nodes, plain] = [
    await probe(plan, probes.standard(), { form: 'wasm' }),
    await probe(plan, probes.standard(), { form: 'nodes' }),
    await probe(plan, [], { form: 'nodes' }),
  ]
  expect(wasm.parameters).toEqual(plain.parameters)
  expect(nodes.parameters).toEqual(plain.parameters)
  expect(new Set(wasm.probed.map((event) => event.probe))).toHaveProperty('size', 8)
})
