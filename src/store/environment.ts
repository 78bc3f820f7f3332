/** @file What a run was made with: versions, machine, and the state of the code. Needed to do it again. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'

export interface Environment {
  readonly node: string
  /** `linux 6.1.0 x64` */
  readonly platform: string
  readonly cpu: string
  /** Threads that can run at once. */
  readonly cores: number
  /** Bytes. */
  readonly memory: number
}

export interface CodeVersion {
  /** Version of this package. */
  readonly rappel: string
  /** Of the git repository in which the project lies. */
  readonly commit?: string
  /** Whether files that git knows differ from that commit. Absent where git is not there to say it. */
  readonly dirty?: boolean
}

export function environment(): Environment {
  return {
    node: process.versions.node,
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: totalmem(),
  }
}

/** Never fails: a project without git has no commit, and one that git does not want to read none that is told. */
export async function codeVersion(folder: string): Promise<CodeVersion> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const repository = repositoryOf(folder)
  const commit = repository && commitOf(repository)
  if (commit === undefined) return { rappel: version }
  const dirty = await isDirty(folder)
  return { rappel: version, commit, ...(dirty !== undefined && { dirty }) }
}

/** The `.git` that belongs to a folder: a folder, or in a worktree and a submodule a file that names one. */
function repositoryOf(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const git = join(at, '.git')
    try {
      if (existsSync(git)) {
        if (statSync(git).isDirectory()) return git
        const named = /^gitdir: (.+)$/m.exec(readFileSync(git, 'utf8'))?.[1]
        return named && resolve(at, named.trim())
      }
    } catch {
      return undefined
    }
    if (at === dirname(at)) return undefined
  }
}

/** What HEAD names, read from git's files: gitrepository-layout(5). */
function commitOf(repository: string): string | undefined {
  const head = text(join(repository, 'HEAD'))?.trim()
  const reference = head && /^ref: (.+)$/.exec(head)?.[1]
  if (!reference) return asCommit(head)
  const common = resolve(repository, text(join(repository, 'commondir'))?.trim() ?? '.')
  const loose = text(join(repository, reference)) ?? text(join(common, reference))
  if (loose !== undefined) return asCommit(loose.trim())
  const packed = text(join(common, 'packed-refs')) ?? ''
  return asCommit(
    packed
      .split('\n')
      .find((line) => line.endsWith(` ${reference}`))
      ?.split(' ')[0],
  )
}

function asCommit(word: string | undefined): string | undefined {
  return word !== undefined && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(word) ? word : undefined
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Milliseconds that git may take: a record is not worth waiting longer. */
const patience = 2000

/** Asks git, with hooks and watchers off, and without a lock that would be in somebody's way. */
function isDirty(folder: string): Promise<boolean | undefined> {
  const off = ['core.fsmonitor=false', 'core.hooksPath=/dev/null'].flatMap((setting) => ['-c', setting])
  const ask = ['--no-optional-locks', ...off, 'status', '--porcelain', '--untracked-files=no', '--ignore-submodules']
  return new Promise((answer) => {
    execFile('git', ask, { cwd: folder, timeout: patience, windowsHide: true }, (error, stdout) =>
      answer(error === null ? stdout !== '' : undefined),
    )
  })
}
