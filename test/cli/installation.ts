/** @file The command line as a stranger has it: the packed files in a `node_modules` of their own, run as a process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** How a process ended, and what it said. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** A process group of its own, so that a signal can go to all of it, as a terminal's Ctrl-C does. */
  readonly group?: boolean
}

export class Installation {
  readonly folder = temporaryFolder('installed')
  /** Where the package lies. */
  readonly package = join(this.folder, 'node_modules', 'rappel')
  readonly bin = join(this.package, 'bin', 'rappel.js')
  readonly #home = join(this.folder, 'home')

  /** @param without dependencies that are left out */
  constructor({ without = [] }: { without?: readonly string[] } = {}) {
    if (!existsSync(join(repository, 'dist/cli/main.js'))) throw new Error('dist/ is missing: npm run build')
    mkdirSync(this.#home)
    for (const name of ['bin', 'dist', 'package.json'])
      cpSync(join(repository, name), join(this.package, name), { recursive: true })
    const modules = join(repository, 'node_modules')
    for (const name of readdirSync(modules))
      if (!name.startsWith('.') && name !== 'rappel' && !without.includes(name))
        symlinkSync(join(modules, name), join(this.folder, 'node_modules', name))
  }

  /** Starts `rappel`. */
  start(args: readonly string[], { cwd = this.folder, env = {}, group = false }: RunOptions = {}): ChildProcess {
    return spawn(process.execPath, [this.bin, ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: this.#home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: group,
      // Whatever hangs fails its test, and is not left behind.
      timeout: 50_000,
      killSignal: 'SIGKILL',
    })
  }

  /** Runs `rappel` to its end. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return ending(this.start(args, options))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}

/** What a process says, and how it ends. */
export async function ending(child: ChildProcess): Promise<Ended> {
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (...how) => resolve(how))
  })
  const { stdout, stderr } = child as { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream }
  const [said, complained, [status, signal]] = await Promise.all([text(stdout), text(stderr), ended])
  return { status, signal, stdout: said, stderr: complained }
}

/** A folder with files, in no relation to the installation. */
export class Project {
  readonly folder = temporaryFolder('project')

  /** @param files texts or bytes by path */
  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true })
      writeFileSync(join(this.folder, path), content)
    }
  }

  /** Every path in it, folders too, with a digest of its content. */
  snapshot(): Record<string, string> {
    const entries = readdirSync(this.folder, { recursive: true, withFileTypes: true })
    return Object.fromEntries(
      entries.map((entry) => {
        const path = join(entry.parentPath, entry.name)
        const digest = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder'
        return [relative(this.folder, path), digest]
      }),
    )
  }

  bytes(path: string): Buffer {
    return readFileSync(join(this.folder, path))
  }

  text(path: string): string {
    return this.bytes(path).toString()
  }

  /** The model of the only run in it. */
  runFolder(): string {
    const runs = readdirSync(join(this.folder, '.rappel/runs'))
    if (runs.length !== 1) throw new Error(`there are ${runs.length} runs, expected one`)
    return join('.rappel/runs', runs[0])
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}

function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `rappel-${name}-`))
}

/**
 * A configuration that trains within a moment; the imports stand on lines 1 and 2, the object begins on line 3.
 *
 * @param fields replace or complete those of the digits, as source text; undefined takes one away
 * @param before stands on line 3 in front
 */
export function configText(fields: Readonly<Record<string, string | undefined>> = {}, before = ''): string {
  const all: Record<string, string | undefined> = {
    data: 'digits()',
    model: 'nn.sequential(nn.dense(10))',
    loss: 'loss.softmaxCrossEntropy()',
    update: 'optim.sgd({ learningRate: 0.1 })',
    epochs: '1',
    batchSize: '100',
    ...fields,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`  ${name}: ${value},`]))
  return `import { defineConfig, loss, nn, optim, penalty, schedule, space } from 'rappel'
import { csv, dataset, digits, readCsv } from 'rappel/data'
${before}export default defineConfig({
${lines.join('\n')}
})
`
}
