/** @file `rappel init`: what it makes, where, under which name; that it type-checks as a user's project and trains. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { Installation, Project } from './installation.ts'

const cli = new Installation()
afterAll(() => cli.remove())

const made = ['.gitignore', 'package.json', 'rappel.config.ts']

async function init(folder: string, project: Project) {
  const { status, stdout, stderr } = await cli.run(['init', folder], { cwd: project.folder })
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

test('the project type-checks against the package as it is installed, and trains', async () => {
  const project = new Project()
  expect(await init('net', project)).toBe(
    'made net with rappel.config.ts, package.json, .gitignore\n\n  cd net\n  npm install\n  npx rappel train\n',
  )
  const folder = join(project.folder, 'net')
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  // A copy: the compiler takes declarations in a link's target for sources of this repository.
  cpSync(cli.package, join(modules, 'rappel'), { recursive: true })
  const types = fileURLToPath(new URL('../../node_modules/@types', import.meta.url))
  symlinkSync(types, join(modules, '@types'))
  symlinkSync(realpathSync(join(cli.folder, 'node_modules/@bufbuild')), join(modules, '@bufbuild'))
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, 'rappel.config.ts'], { cwd: folder })
  expect(stdout.toString()).toBe('')
  // From outside, by the folder's name.
  const { status, stdout: document } = await cli.run(['train', '--config', 'net', '--json'], { cwd: project.folder })
  expect(status).toBe(0)
  expect(JSON.parse(document).validation.accuracy).toBeGreaterThan(0.95)
  project.remove()
})

describe('the name of the package is the folder made fit for npm', () => {
  const names: [string, string][] = [
    ['My Project', 'my-project'],
    ['1e3', '1e3'],
    ['Übung', 'ubung'],
    ['.hidden', 'hidden'],
    ['__x', 'x'],
    ['日本', 'project'],
    ['deep/er/net/', 'net'],
    ['node_modules', 'node_modules-project'],
    ['rappel', 'rappel-project'],
  ]
  test.each(names)('%s is %s', async (folder, name) => {
    const project = new Project()
    await init(folder, project)
    const description = JSON.parse(project.text(join(folder, 'package.json')))
    expect(description).toMatchObject({ name, private: true, type: 'module' })
    project.remove()
  })
})

test('a folder whose name a shell would take apart is quoted', async () => {
  const project = new Project()
  expect(await init("a b's", project)).toContain("\n  cd 'a b'\\''s'\n")
  project.remove()
})

test('the working folder, empty or with nothing but a repository', async () => {
  const project = new Project({ '.git/HEAD': 'ref: refs/heads/main\n' })
  // It must stay the same folder: a shell stands in it.
  const before = realpathSync.native(project.folder)
  expect(await init('.', project)).not.toContain('cd ')
  expect(realpathSync.native(project.folder)).toBe(before)
  expect(Object.keys(project.snapshot()).sort()).toEqual(['.git', '.git/HEAD', ...made].sort())
  project.remove()
})

test('a second time it is refused, and what is there stays', async () => {
  const project = new Project()
  await init('net', project)
  const before = project.snapshot()
  const { status, stderr } = await cli.run(['init', 'net'], { cwd: project.folder })
  expect([status, stderr]).toEqual([
    2,
    'rappel: net is not empty\n  choose a new folder, so that nothing of yours is overwritten\n',
  ])
  expect(project.snapshot()).toEqual(before)
  project.remove()
})
