/** @file `rappel init`: a project to start from. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { RappelError, usageError } from '../base/errors.ts'
import { makeFolder } from '../store/files.ts'
import { packageVersion } from './package.ts'

const configText = `import { defineConfig, loss, nn, optim, penalty, schedule, space } from 'rappel'
import { digits } from 'rappel/data'

export default defineConfig({
  // Your own table: csv('data.csv', { target: 'species' }) of 'rappel/data'.
  data: digits(),
  hyper: {
    hidden: space.choice([50, 100, 200], { default: 100 }),
    learningRate: space.logUniform(1e-6, 10, { default: 0.1 }),
    l2: space.logUniform(1e-7, 1, { default: 1e-4 }),
  },
  model: (h) => nn.sequential(nn.dense(h.hidden), nn.relu(), nn.dense(10)),
  loss: loss.softmaxCrossEntropy(),
  penalty: (h) => penalty.l2(h.l2),
  update: (h) =>
    optim.nesterov({
      learningRate: schedule.step({ from: h.learningRate, factor: 0.5, everyEpochs: 5 }),
      momentum: 0.9,
    }),
  epochs: 20,
  batchSize: 100,
})
`

/**
 * Makes a folder with a configuration and a package.json, or none of them.
 *
 * @param folder may exist when nothing is in it, or only a repository's `.git`
 * @throws RappelError 'usage' when something is there already
 */
export async function initCommand(folder: string): Promise<number> {
  const target = resolve(folder)
  const written: string[] = []
  let made: string | undefined
  try {
    made = makeFolder(target)
    const present = readdirSync(target).filter((name) => name !== '.git')
    if (present.length > 0)
      throw usageError(`${folder} is not empty`, 'choose a new folder, so that nothing of yours is overwritten')
    for (const [name, text] of Object.entries(projectFiles(basename(target)))) {
      writeFileSync(join(target, name), text, { flag: 'wx' })
      written.push(name)
    }
  } catch (error) {
    for (const name of written) rmSync(join(target, name))
    if (made !== undefined) rmSync(made, { recursive: true })
    if (error instanceof RappelError) throw error
    throw new RappelError('usage', `${folder} cannot be made: ${(error as Error).message}`, 'choose another place', {
      cause: error,
    })
  }
  const enter = target === process.cwd() ? '' : `  cd ${quoted(folder)}\n`
  process.stdout.write(`made ${folder} with ${written.join(', ')}\n\n${enter}  npm install\n  npx rappel train\n`)
  return 0
}

/** A word for a shell. */
function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** Names that npm refuses, here or anywhere. */
const taken = ['rappel', 'onnxruntime-node', 'node_modules', 'favicon.ico']

/** A folder's name made fit for a package. */
function packageName(folder: string): string {
  const plain = folder.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  const name = plain.replaceAll(/[^a-z0-9._-]/g, '-').replace(/^[._-]+/, '') || 'project'
  return taken.includes(name) ? `${name}-project` : name.slice(0, 214)
}

function projectFiles(folder: string): Record<string, string> {
  const description = {
    name: packageName(folder),
    private: true,
    type: 'module',
    scripts: { train: 'rappel train' },
    dependencies: { 'onnxruntime-node': '^1.20.0', rappel: `^${packageVersion()}` },
  }
  return {
    'rappel.config.ts': configText,
    'package.json': `${JSON.stringify(description, null, 2)}\n`,
    '.gitignore': 'node_modules\n.rappel\n',
  }
}
