/** @file Reads what test/fixtures/make_ops.py wrote: cases of operators with PyTorch's results. */
import { readdirSync, readFileSync } from 'node:fs'
import { type DType, type Tensor, tensor } from '../../src/base/tensor.ts'
import type { Attributes, OpKind } from '../../src/graph/types.ts'

/** What is not finite is spelt out. */
type Written = number | 'NaN' | 'Infinity' | '-Infinity'

interface WrittenTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly values: readonly Written[]
}

type ByPosition = Readonly<Record<string, WrittenTensor>>

export interface Fixture {
  readonly note: string
  readonly operands: readonly ((WrittenTensor & { readonly role: 'input' | 'constant' }) | null)[]
  readonly attributes: Attributes
  readonly outputs: readonly WrittenTensor[]
  /** Present where something flows: L = Σ w·y. */
  readonly weights?: readonly WrittenTensor[]
  readonly gradients?: ByPosition
  /** Present where it is finite: L = Σ w·y + u·y²/2, and the gradient of ⟨∇L, v⟩. */
  readonly curvatures?: readonly WrittenTensor[]
  readonly vectors?: ByPosition
  readonly hessianVectors?: ByPosition
}

/** Points and the function's values there, exact to the last bit. Operands and values have the shape, or are vectors. */
interface Sweep {
  readonly op: OpKind
  readonly attributes?: Attributes
  readonly shape?: readonly number[]
  readonly operands: readonly (readonly number[])[]
  readonly values: readonly number[]
}

type ByName = Readonly<Record<string, WrittenTensor>>

/** A network, and what PyTorch makes of it. */
interface Mlp {
  readonly data: ByName
  readonly parameters: ByName
  readonly loss: number
  readonly gradients: ByName
  readonly vectors: ByName
  readonly hessianVectors: ByName
}

const folder = new URL('../fixtures/ops/', import.meta.url)
const files = () => readdirSync(folder).map((file) => file.replace('.json', ''))
const kindOf = (name: string) => name.split('-')[0]
const isSweep = (name: string) => name.startsWith('sweeps')
const read = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as unknown

/** Of the operator's own file, and of those that stand beside it: `Pad-modes.json`. */
export const fixturesOf = (kind: OpKind) =>
  files()
    .filter((name) => kindOf(name) === kind)
    .flatMap((name) => read(name) as readonly Fixture[])
export const sweeps = () =>
  files()
    .filter(isSweep)
    .flatMap((name) => read(name) as readonly Sweep[])
export const mlp = () => (read('mlp') as readonly Mlp[])[0]
export const kindsWithFixtures = () => [
  ...new Set(
    files()
      .filter((name) => !isSweep(name) && name !== 'mlp')
      .map(kindOf),
  ),
]

export function tensorOf({ dtype, shape, values }: WrittenTensor): Tensor {
  return tensor(dtype, shape, values.map(Number))
}
