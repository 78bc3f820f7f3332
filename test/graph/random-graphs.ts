/** @file Random small graphs: every dtype, odd names, special numbers, several outputs, Loops that use values around them. */
import fc from 'fast-check'
import { type DType, type Tensor, tensor } from '../../src/base/tensor.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph, Value } from '../../src/graph/types.ts'

const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,5}$/),
  fc.constantFrom('0', '12', 'a.b', '/x/y:0', 'float', 'inf', 'nan', 'a b', 'say "x"', 'back\\slash', 'ü', '{'),
  fc.string({ minLength: 1, maxLength: 5 }),
)

const float32 = fc.oneof(fc.float(), fc.constantFrom(0, -0, 1, -1, 0.1, 1e-45, 3.4028234663852886e38, 16777217))
const float64 = fc.oneof(fc.double(), fc.constantFrom(0, -0, 0.1, 5e-324, 1.7976931348623157e308, 2 ** 53))

const dataOf: { [D in DType]: (length: number) => fc.Arbitrary<Tensor['data']> } = {
  float32: (length) => fc.array(float32, { minLength: length, maxLength: length }).map((a) => Float32Array.from(a)),
  float64: (length) => fc.array(float64, { minLength: length, maxLength: length }).map((a) => Float64Array.from(a)),
  int32: (length) => fc.int32Array({ minLength: length, maxLength: length }),
  int64: (length) => fc.bigInt64Array({ minLength: length, maxLength: length }),
  uint8: (length) => fc.uint8Array({ minLength: length, maxLength: length }),
  bool: (length) => fc.uint8Array({ minLength: length, maxLength: length, max: 1 }),
}

const shape = fc.oneof(fc.constant([2, 3]), fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }))
const constant = fc.tuple(fc.constantFrom(...(Object.keys(dataOf) as DType[])), shape).chain(([dtype, dims]) => {
  const size = dims.reduce((product, dim) => product * dim, 1)
  return dataOf[dtype](size).map((data) => ({ dtype, shape: dims, data }) as Tensor)
})

/** One step of building: which rule, on which of the values there are. */
const step = fc.record({ rule: fc.nat(), first: fc.nat(), second: fc.nat(), number: float32 })

/** What to build. Every value is an arbitrary's, so that fast-check can make a failing graph smaller. */
export const recipes = fc.record({
  graphName: fc.oneof(fc.constant(''), name),
  names: fc.uniqueArray(name, { minLength: 12, maxLength: 12 }),
  constants: fc.array(constant, { maxLength: 4 }),
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
})
type Recipe = typeof recipes extends fc.Arbitrary<infer T> ? T : never

type Rule = (x: Value, y: Value, number: number) => readonly Value[]
const rules: readonly Rule[] = [
  (x, y) => [op.add(x, y)],
  (x, _y, number) => [op.mul(x, number)],
  (x, y) => [op.maximum(x, y)],
  (x, _y, number) => [op.leakyRelu(x, number)],
  (x) => [op.softmax(x, 0)],
  (x) => [op.cast(x, 'float64')],
  (x) => [op.cast(x, 'float32')],
  (x) => [op.reduceSum(x, { axes: [0], keepDims: true })],
  (x) => op.split(x, [1, x.shape[0] - 1], 0),
  (x) => [op.transpose(x)],
  (x, y) => [op.where(op.greater(x, y), x, y)],
  (x) => [op.argMax(x, -1)],
  (x, y) => [op.scatterElements(x, op.cast(y, 'int64'), x, 0, 'add')],
  (x, _y, number) => [op.slice(x, [0], [Math.trunc(number) || 1], [0])],
  (x, y, number) => loop(x, y, number),
]

/** A Loop whose body uses a value of the graph around it, and a second one inside it. */
function loop(x: Value, around: Value, number: number): readonly Value[] {
  const outer = x.builder as Builder
  const body = new Builder(operators, outer)
  const tag = `${x.id}.${around.id}.${Math.abs(number) % 7}`
  body.input(`i${tag}`, 'int64', [])
  const going = body.input(`going${tag}`, 'bool', [])
  const carried = body.input(`carried${tag}`, x.dtype, x.shape)
  const sum = op.add(carried, op.mul(around, number))
  const inside = op.mul(body.constant(tensor(x.dtype, [], [number])), op.sub(carried, sum))
  const outputs = { [`on${tag}`]: op.identity(going), [`next${tag}`]: inside, [`seen${tag}`]: op.identity(carried) }
  const steps = outer.constant(tensor('int64', [], [3]))
  return outer.node('Loop', [steps, undefined, x], { body: body.graph('body', outputs) })
}

/** Builds a graph by a recipe; steps that do not fit the values they meet are left out. */
export function build({ graphName, names, constants, steps }: Recipe): Graph {
  const builder = new Builder(operators)
  const free = [...names]
  const next = () => free.pop() as string
  const values: Value[] = [builder.input(next(), 'float32', [2, 3]), builder.input(next(), 'float32', [])]
  for (const data of constants) values.push(builder.constant(data, next()))
  for (const { rule, first, second, number } of steps) {
    try {
      const [x, y] = [values[first % values.length], values[second % values.length]]
      values.push(...rules[rule % rules.length](x, y, number))
    } catch {
      // Shapes or dtypes that do not fit, or a name that is taken.
    }
  }
  const outputs: Record<string, Value> = {}
  for (const value of values.slice(-4)) outputs[next()] = value
  return builder.graph(graphName, outputs)
}

/** All constants of a graph and of the bodies in it, with their names. */
export function allConstants(graph: Graph): [string, Tensor][] {
  const own = graph.constants.map((value): [string, Tensor] => [value.name, value.constant as Tensor])
  const bodies = graph.nodes.flatMap((node) => Object.values(node.attributes))
  return [...own, ...bodies.flatMap((body) => (typeof body === 'object' && 'nodes' in body ? allConstants(body) : []))]
}
