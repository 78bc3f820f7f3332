/** @file Without the runtime: everything loads, and what needs it says in one line what to install. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { spawnScript } from './spawn.ts'

const preload = new URL('./hide-runtime.ts', import.meta.url)
const startEngine = new URL('./start-engine.ts', import.meta.url)

test('the layers load, and nativeEngine says what to install', async () => {
  const { code, stdout, stderr } = await spawnScript(startEngine, { preload })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    code: 'runtime',
    message: 'onnxruntime-node is not installed',
    hint: 'run `npm install onnxruntime-node`',
  })
  expect(code).toBe(0)
})

test('the same script with the runtime finds nothing wrong', async () => {
  expect(await spawnScript(startEngine)).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('installed but broken: one line, without the paths that Node adds', async () => {
  const broken = new URL('./break-runtime.ts', import.meta.url)
  const { stdout, stderr } = await spawnScript(startEngine, { preload: broken })
  expect(stderr).toBe('')
  const { code, message, hint } = JSON.parse(stdout) as { code: string; message: string; hint: string }
  expect([code, hint]).toEqual(['runtime', 'run `npm install onnxruntime-node`'])
  expect(message).toBe("onnxruntime-node cannot be loaded: Cannot find module 'onnxruntime-common-is-not-installed'")
})

test('on the command line: the message, the remedy, exit 2, no stack, nothing written', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'rappel-missing-'))
  try {
    const ended = await spawnScript(new URL('./start-demo.ts', import.meta.url), { preload, cwd })
    expect(ended).toEqual({
      code: 2,
      stdout: '',
      stderr: 'rappel: onnxruntime-node is not installed\n  run `npm install onnxruntime-node`\n',
    })
    expect(readdirSync(cwd)).toEqual([])
  } finally {
    rmSync(cwd, { recursive: true })
  }
})
