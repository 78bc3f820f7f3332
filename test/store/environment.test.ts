/** @file The state of the code that made a run: git's files as gitrepository-layout(5) has them, git itself, and neither of them. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { codeVersion, environment } from '../../src/store/environment.ts'

const made: string[] = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true })
})

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rappel-code-'))
  made.push(folder)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

const commit = 'b936685c0ffee00000000000000000000000beef'
const commitOf = async (files: Readonly<Record<string, string>>, at = '.') =>
  (await codeVersion(join(folderWith(files), at))).commit

describe('the commit, from the files alone', () => {
  test.each<[string, Record<string, string>, string?]>([
    ['of a branch', { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': `${commit}\n` }],
    ['that no branch names', { '.git/HEAD': `${commit}\n` }],
    [
      'of a branch among packed ones',
      {
        '.git/HEAD': 'ref: refs/heads/a\n',
        '.git/packed-refs': `# pack-refs\n${commit.replace('b', 'a')} refs/heads/b\n${commit} refs/heads/a\n`,
      },
    ],
    ['from a folder within', { '.git/HEAD': commit, 'deep/er/x': '' }, 'deep/er'],
    [
      'of a worktree',
      {
        'tree/.git': 'gitdir: ../main/.git/worktrees/tree\n',
        'main/.git/worktrees/tree/HEAD': 'ref: refs/heads/side\n',
        'main/.git/worktrees/tree/commondir': '../..\n',
        'main/.git/refs/heads/side': commit,
      },
      'tree',
    ],
  ])('%s', async (_name, files, at) => expect(await commitOf(files, at)).toBe(commit))

  test.each<[string, Record<string, string>]>([
    ['without a commit', { '.git/HEAD': 'ref: refs/heads/main\n' }],
    ['that is damaged', { '.git/HEAD': 'x' }],
    ['whose file names nothing', { '.git': 'something else' }],
    ['that is gone', { '.git': 'gitdir: /nowhere/at/all' }],
  ])('a repository %s has none, and that is no failure', async (_name, files) =>
    expect(await commitOf(files)).toBeUndefined(),
  )
})

describe.skipIf(spawnSync('git', ['--version']).status !== 0)('whether files differ, from git', () => {
  function repository(): { folder: string; git: (...args: string[]) => string } {
    const folder = folderWith({ 'a.txt': 'one' })
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], {
        cwd: folder,
        encoding: 'utf8',
      })
    git('init', '--quiet')
    git('add', 'a.txt')
    git('commit', '--quiet', '-m', 'first')
    return { folder, git }
  }

  test('the commit that git names; files that it does not know do not count, others do', async () => {
    const { folder, git } = repository()
    const head = git('rev-parse', 'HEAD').trim()
    writeFileSync(join(folder, 'unknown.txt'), '')
    expect(await codeVersion(folder)).toMatchObject({ commit: head, dirty: false })
    writeFileSync(join(folder, 'a.txt'), 'two')
    expect(await codeVersion(folder)).toMatchObject({ commit: head, dirty: true })
  })

  test("no program of the repository's runs", async () => {
    const { folder, git } = repository()
    const script = join(folder, 'run.sh')
    writeFileSync(script, `#!/bin/sh\ntouch '${join(folder, 'ran')}'\n`, { mode: 0o755 })
    git('config', 'core.fsmonitor', script)
    expect(await codeVersion(folder)).toMatchObject({ dirty: false })
    expect(existsSync(join(folder, 'ran'))).toBe(false)
  })
})

test('the machine', () =>
  expect(environment()).toMatchObject({
    node: process.versions.node,
    platform: expect.stringContaining(process.platform),
    cpu: expect.stringMatching(/./),
    cores: expect.any(Number),
  }))
