/**
 * @file Compiles src/ into dist/, one file per module, copies what is not TypeScript, and builds the dashboard's page: `npm run build`.
 *
 * With `--prepare` (npm's life cycle: `npm ci`, `npm pack`, an install from git) a missing compiler is no error, so that
 * `npm ci --omit=dev` works. tsc leaves the `.ts` of relative imports in declarations; they become `.js` here, as in the code.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'src')
const dist = join(root, 'dist')
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const vite = join(root, 'node_modules/vite/bin/vite.js')
/** Vite's, not the compiler's. */
const page = join(source, 'dashboard/page')

if (process.argv.includes('--prepare') && !existsSync(tsc)) {
  console.error('rappel: TypeScript is not installed, so dist/ was not built (npm install, then npm run build)')
  process.exit(0)
}
rmSync(dist, { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
cpSync(source, dist, {
  recursive: true,
  filter: (path) => path !== page && (lstatSync(path).isDirectory() || !path.endsWith('.ts')),
})

const relativeImport = /(\b(?:from|import|module)\s*\(?\s*)(['"])(\.{1,2}\/[^'"]*)\.ts\2/g
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.d.ts')) continue
  const path = join(dist, name)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace(relativeImport, '$1$2$3.js$2'))
}

const built = spawnSync(process.execPath, [vite, 'build'], { cwd: root, stdio: 'inherit' })
if (built.status !== 0) process.exit(built.status ?? 1)
