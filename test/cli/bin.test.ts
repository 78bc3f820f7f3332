/** @file bin/rappel.js before anything of the package is loaded: a Node that is too old, a package that was not built. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { Installation, Project } from './installation.ts'

const installation = new Installation()
afterAll(() => installation.remove())

/** Runs `rappel --version` where Node says that it is another version. */
async function runAs(version: string) {
  const text = `Object.defineProperty(process.versions, 'node', { value: '${version}' })\n`
  const project = new Project({ 'pretend.mjs': text })
  const preload = pathToFileURL(join(project.folder, 'pretend.mjs')).href
  try {
    return await installation.run(['--version'], { env: { NODE_OPTIONS: `--import=${preload}` } })
  } finally {
    project.remove()
  }
}

test.each(['18.20.4', '20.20.0', '22.17.1'])('Node %s is too old: one line, exit 2', async (version) => {
  expect(await runAs(version)).toEqual({
    status: 2,
    signal: null,
    stdout: '',
    stderr:
      `rappel: Node ${version} is too old, 22.18 or later is needed: install a current one, or in a clone of the repository` +
      ' run it through npm (npm run demo), which brings its own\n',
  })
})

test.each(['22.18.0', '23.0.0', '24.21.0'])('Node %s will do', async (version) => {
  const { status, stdout, stderr } = await runAs(version)
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toContain(`Node ${version}`)
})

test('without dist/: one line that says what to run, exit 2', async () => {
  const unbuilt = new Installation()
  rmSync(join(unbuilt.package, 'dist'), { recursive: true })
  try {
    expect(await unbuilt.run(['demo'])).toEqual({
      status: 2,
      signal: null,
      stdout: '',
      stderr: "rappel: dist/ is missing: run 'npm run build' first\n",
    })
  } finally {
    unbuilt.remove()
  }
})
