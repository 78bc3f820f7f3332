import { readdirSync, readFileSync } from 'node:fs'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RappelError } from '../../src/base/errors.ts'
import { type DType, numbers, type Tensor, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { type GraphProtoSchema, ModelProtoSchema } from '../../src/graph/proto/onnx_pb.ts'
import { readModel, writeModel } from '../../src/graph/proto.ts'
import { graphText, parseGraph, printGraph } from '../../src/graph/text.ts'
import type { Graph } from '../../src/graph/types.ts'
import { allConstants, build, recipes } from './random-graphs.ts'

const seed = 2024
const fixtures = new URL('../fixtures/graph/', import.meta.url)
const file = (path: string) => new Uint8Array(readFileSync(new URL(path, fixtures)))
const foreign = readdirSync(new URL('foreign/', fixtures))
  .filter((name) => name.endsWith('.onnx'))
  .map((name) => name.slice(0, -5))

interface Case {
  dimensions: Record<string, number>
  inputs: Record<string, PlainTensor>
  outputs: Record<string, PlainTensor>
}
interface PlainTensor {
  dtype: DType
  shape: number[]
  data: (number | boolean | string)[]
}
const caseOf = (name: string) => JSON.parse(new TextDecoder().decode(file(`foreign/${name}.json`))) as Case
const tensorOf = ({ dtype, shape, data }: PlainTensor): Tensor => tensor(dtype, shape, data.map(Number))

function failure(bytes: Uint8Array, options = {}): { code: string; message: string; hint: string | undefined } {
  try {
    readModel(bytes, operators, { file: 'net.onnx', ...options })
  } catch (error) {
    if (error instanceof RappelError) return { code: error.code, message: error.message, hint: error.hint }
    throw error
  }
  throw new Error('it was read')
}

/** Bytes of a model of one Relu, with other things in its graph. */
function modelWith(graph: MessageInitShape<typeof GraphProtoSchema>, opset = 20n): Uint8Array {
  const float2 = { value: { case: 'tensorType' as const, value: { elemType: 1, shape: { dim: [dim(2n)] } } } }
  const model = create(ModelProtoSchema, {
    irVersion: 9n,
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'g',
      input: [{ name: 'x', type: float2 }],
      output: [{ name: 'y', type: float2 }],
      node: [{ opType: 'Relu', input: ['x'], output: ['y'], name: 'relu1' }],
      ...graph,
    },
  })
  return toBinary(ModelProtoSchema, model)
}
const dim = (length: bigint) => ({ value: { case: 'dimValue' as const, value: length } })

describe('laws', () => {
  test('write, then read, gives the same graph, and constants with the same bits', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const graph = build(recipe)
        const again = readModel(writeModel(graph), operators)
        expect(printGraph(again)).toBe(printGraph(graph))
        expect(allConstants(again)).toEqual(allConstants(graph))
      }),
      { seed, numRuns: 500 },
    )
  })

  test('a NaN keeps its bits', () => {
    const bits = Uint32Array.of(0x7fc00001, 0xffc12345)
    const graph = parseGraph('g () => (float[2] y) <float[2] c = {0, 0}> { y = Relu (c) }', operators)
    new Uint32Array((graph.constants[0].constant as Tensor).data.buffer).set(bits)
    const again = readModel(writeModel(graph), operators)
    expect(new Uint32Array((again.constants[0].constant as Tensor).data.buffer)).toEqual(bits)
  })

  test('damaged bytes give a graph or an error of ours', () => {
    const files = [
      ...foreign.map((name) => file(`foreign/${name}.onnx`)),
      file('own/loop.onnx'),
      file('own/numbers.onnx'),
    ]
    const damage = fc.record({
      bytes: fc.constantFrom(...files),
      changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    })
    fc.assert(
      fc.property(damage, ({ bytes, changes }) => {
        const broken = bytes.slice()
        for (const [at, byte] of changes) broken[at % broken.length] = byte
        try {
          readModel(broken, operators, { dimensions: { batch: 3 } })
        } catch (error) {
          expect(error).toBeInstanceOf(RappelError)
        }
      }),
      { seed, numRuns: 4000 },
    )
  })
})

describe('what is written', () => {
  const graph = parseGraph('g (float[8,2] x) => (float[8,2] y) { y = Relu (x) }', operators)

  test('names of open dimensions, and they are bound when it is read', () => {
    const dimensionNames = ({ shape }: { shape: readonly number[] }) => ['batch', ...shape.slice(1)]
    const bytes = writeModel(graph, { dimensionNames })
    expect(failure(bytes)).toMatchInlineSnapshot(`
      {
        "code": "model",
        "hint": "give it a length: dimensions: { "batch": 32 }",
        "message": "net.onnx: dimension 0 of input 'x' is open (its name is 'batch') and no length is given for it",
      }
    `)
    expect(printGraph(readModel(bytes, operators, { dimensions: { batch: 8 } }))).toBe(printGraph(graph))
  })

  test('the producer and metadata', () => {
    const text = new TextDecoder().decode(writeModel(graph, { producerVersion: '1.2.3', metadata: { seed: 'seven' } }))
    for (const part of ['rappel', '1.2.3', 'seed', 'seven']) expect(text).toContain(part)
  })
})

describe.each(foreign)('%s.onnx, from another program', (name) => {
  const { dimensions, inputs, outputs } = caseOf(name)
  const read = (): Graph => readModel(file(`foreign/${name}.onnx`), operators, { file: name, dimensions })

  test('its text from onnx.printer gives the same graph', () => {
    const text = new TextDecoder().decode(file(`foreign/${name}.txt`))
    expect(printGraph(parseGraph(text, operators, { dimensions }))).toBe(printGraph(read()))
  })

  test('is said with our operators', () => {
    const graph = read()
    expect(printGraph(readModel(writeModel(graph), operators))).toBe(printGraph(graph))
    expect(graphText(graph).replace(/\{[-+0-9., einfa]{60,}\}/g, '{…}')).toMatchSnapshot()
  })

  test('keeps the names and order of what goes in and out', () => {
    expect(read().inputs.map((value) => value.name)).toEqual(Object.keys(inputs))
    expect(
      read()
        .outputs.map((value) => value.name)
        .sort(),
    ).toEqual(Object.keys(outputs).sort())
  })

  test('computes what it did (onnx.reference, PyTorch)', async () => {
    const engine = await nativeEngine({ threads: 1 })
    const feeds = Object.fromEntries(Object.entries(inputs).map(([key, plain]) => [key, tensorOf(plain)]))
    const results = await evaluate(engine, read(), feeds)
    for (const [key, plain] of Object.entries(outputs)) {
      const expected = tensorOf(plain)
      expect({ [key]: results[key].shape }).toEqual({ [key]: expected.shape })
      const [got, wanted] = [numbers(results[key]), numbers(expected)]
      const furthest = Math.max(...got.map((value, i) => Math.abs(value - wanted[i]) / (1 + Math.abs(wanted[i]))))
      expect(furthest).toBeLessThanOrEqual(1e-6)
    }
  })

  test('cut at any byte it is refused', () => {
    const bytes = file(`foreign/${name}.onnx`)
    for (let length = 0; length < bytes.length; length++)
      expect(failure(bytes.subarray(0, length), { dimensions }).message, `${length}`).toMatch(/^net\.onnx: /)
  })
})

test('a model of ours, cut at any byte, is refused', () => {
  const graph = parseGraph(new TextDecoder().decode(file('own/loop.txt')), operators)
  const bytes = writeModel(graph, { producerVersion: '1', metadata: { a: 'b', c: 'd' } })
  for (let length = 0; length < bytes.length; length++)
    expect(failure(bytes.subarray(0, length)).message, `${length}`).toMatch(/^net\.onnx: /)
})

describe('errors name the file, what is wrong and what to do', () => {
  const text = (content: string) => new TextEncoder().encode(content)
  const raw = (...bytes: number[]) => Uint8Array.from(bytes)
  const relu = { opType: 'Relu', input: ['x'], output: ['y'] }
  const typed = (elemType: number, ...dims: bigint[]) => ({
    name: 'y',
    type: { value: { case: 'tensorType' as const, value: { elemType, shape: { dim: dims.map(dim) } } } },
  })
  const cases: Record<string, Uint8Array> = {
    'empty file': raw(),
    'half a file': file('foreign/torch-mlp.onnx').subarray(0, 400),
    'text file': text('{\n  "model": "none"\n}'),
    'Git LFS pointer': text('version https://git-lfs.github.com/spec/v1\noid sha256:0'),
    'zip archive': raw(0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0),
    'other bytes': raw(0xff, 0xfe, 0, 1, 2, 3),
    'not a graph': raw(8, 9),
    'old opset': modelWith({}, 9n),
    'new opset': modelWith({}, 99n),
    'unknown operator': modelWith({ node: [{ ...relu, opType: 'Det', name: 'det1' }] }),
    'misspelt operator': modelWith({ node: [{ ...relu, opType: 'Sofmax' }] }),
    'custom domain': modelWith({ node: [{ ...relu, domain: 'com.microsoft', opType: 'FusedGemm' }] }),
    'unknown attribute': modelWith({ node: [{ ...relu, attribute: [{ name: 'slope', type: 1, f: 1 }] }] }),
    'attribute without a type': modelWith({ node: [{ ...relu, attribute: [{ name: 'slope', f: 1 }] }] }),
    'external data': modelWith({
      initializer: [
        { name: 'w', dims: [2n], dataType: 1, dataLocation: 1, externalData: [{ key: 'location', value: 'w.bin' }] },
      ],
    }),
    'half precision': modelWith({ initializer: [{ name: 'w', dims: [2n], dataType: 10, rawData: raw(0, 0, 0, 0) }] }),
    'string input': modelWith({ input: [{ ...typed(8, 2n), name: 'x' }] }),
    'no such type': modelWith({ input: [{ ...typed(77, 2n), name: 'x' }] }),
    'sparse constant': modelWith({ sparseInitializer: [{ values: { name: 'w' } }] }),
    'too few bytes': modelWith({ initializer: [{ name: 'w', dims: [2n], dataType: 1, rawData: raw(0, 0, 0, 0) }] }),
    'too few values': modelWith({ initializer: [{ name: 'w', dims: [2n], dataType: 1, floatData: [1] }] }),
    'negative dimension': modelWith({ initializer: [{ name: 'w', dims: [-2n], dataType: 1 }] }),
    'huge dimension': modelWith({ initializer: [{ name: 'w', dims: [2n ** 40n, 2n ** 40n], dataType: 1 }] }),
    'input without a shape': modelWith({
      input: [{ name: 'x', type: { value: { case: 'tensorType', value: { elemType: 1 } } } }],
    }),
    'input without a type': modelWith({ input: [{ name: 'x' }] }),
    'input that is a sequence': modelWith({
      input: [{ name: 'x', type: { value: { case: 'sequenceType', value: {} } } }],
    }),
    'missing value': modelWith({ node: [{ ...relu, input: ['h'] }] }),
    'missing output': modelWith({ node: [{ ...relu, output: ['h'] }] }),
    'declared with another type': modelWith({ output: [typed(11, 2n)] }),
    'declared with another shape': modelWith({ output: [typed(1, 3n)] }),
    'declared with another rank': modelWith({ output: [typed(1, 2n, 1n)] }),
    'two constants of one name': modelWith({
      initializer: [0, 1].map((n) => ({ name: 'w', dims: [1n], dataType: 1, floatData: [n] })),
    }),
    'training dropout': modelWith({
      initializer: [{ name: 't', dims: [], dataType: 9, int32Data: [1] }],
      node: [{ opType: 'Dropout', input: ['x', '', 't'], output: ['y'], name: 'drop' }],
    }),
    'axes that are computed': modelWith({ node: [{ opType: 'Squeeze', input: ['x', 'x'], output: ['y'] }] }),
    'unequal pieces': modelWith({ node: [{ opType: 'Split', input: ['x'], output: ['y', 'z', 'a'] }] }),
  }
  test.each(Object.entries(cases))('%s', (name, bytes) => {
    const { code, message, hint } = failure(bytes)
    expect({ [name]: message, code, hint }).toMatchSnapshot()
  })
})
