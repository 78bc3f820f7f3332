/** @file `rappel export`: a run's model, or any other, in each form. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operators } from '../../src/graph/ops/index.ts'
import { readModel } from '../../src/graph/proto.ts'
import { configText, Installation, Project } from './installation.ts'

const cli = new Installation()
const project = new Project({ 'rappel.config.ts': configText() })
/** Folder of the newest run. */
let run: string
afterAll(() => {
  cli.remove()
  project.remove()
})
beforeAll(async () => {
  const { stdout } = await cli.run(['train', '--json'], { cwd: project.folder })
  run = join(JSON.parse(stdout).model, '..')
})

async function exported(...args: string[]) {
  const { status, stdout, stderr } = await cli.run(['export', ...args], { cwd: project.folder })
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

test('the newest run, as ONNX', async () => {
  expect(await exported()).toBe(`${run}/model.onnx as onnx in model.onnx\n`)
  expect(project.bytes('model.onnx')).toEqual(project.bytes(`${run}/model.onnx`))
})

test('a run by its name, told as JSON', async () => {
  const name = run.split('/').at(-1) as string
  expect(JSON.parse(await exported(name, '--out', 'a/b/copy.onnx', '--json'))).toEqual({
    schema: 1,
    source: `${run}/model.onnx`,
    out: 'a/b/copy.onnx',
    format: 'onnx',
  })
  expect(project.bytes('a/b/copy.onnx')).toEqual(project.bytes(`${run}/model.onnx`))
})

test('safetensors: header of 8-byte length, offsets into what follows, the parameters of the model', async () => {
  await exported(run, '--out', 'weights.safetensors')
  const bytes = readFileSync(join(project.folder, 'weights.safetensors'))
  const length = Number(bytes.readBigUInt64LE())
  expect(length % 8).toBe(0)
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString())
  const weight = header['dense1.weight']
  expect(weight).toMatchObject({ dtype: 'F32', shape: [64, 10] })
  const [from, to] = weight.data_offsets
  expect(to - from).toBe(64 * 10 * 4)
  const graph = readModel(new Uint8Array(project.bytes(`${run}/model.onnx`)), operators, { dimensions: { batch: 1 } })
  const constant = graph.constants.find(({ name }) => name === 'dense1.weight')?.constant
  const values = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + 8 + length + from, bytes.byteOffset + 8 + length + to),
  )
  expect(values).toEqual(constant?.data)
})

test('text', async () => {
  await exported('--format', 'text')
  expect(project.text('model.txt')).toContain('dense1.weight')
})

test('the form goes by --format where the ending says another', async () => {
  await exported('--format', 'text', '--out', 'model.pt')
  expect(project.text('model.pt')).toContain('dense1.weight')
})
