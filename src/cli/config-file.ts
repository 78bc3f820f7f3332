/** @file Finding and loading a project's configuration file. */
import { existsSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { suggestion, usageError } from '../base/errors.ts'
import { type Config, checkConfig } from '../train/config.ts'
import { packageExports } from './package.ts'

const names = ['rappel.config.ts', 'rappel.config.mts', 'rappel.config.js', 'rappel.config.mjs']

/**
 * The configuration file of a project.
 *
 * @param given what `--config` names: a file or a folder; default: the working folder
 * @throws RappelError 'usage' when there is none
 */
export function findConfigFile(given: string | undefined): string {
  const path = resolve(given ?? '.')
  if (!existsSync(path))
    throw usageError(
      `there is no file ${given}`,
      'give the path of a configuration file, or make a project: rappel init DIR',
    )
  if (statSync(path).isDirectory()) {
    const found = names.map((name) => resolve(path, name)).find((file) => existsSync(file))
    if (found !== undefined) return found
    throw usageError(
      `there is no ${names[0]} in ${given ?? 'this folder'}`,
      'make a project with `rappel init DIR`, or name the file with --config FILE',
    )
  }
  if (/\.[cm]?[jt]s$/.test(path)) return path
  throw usageError(`--config is '${given}', expected a file of TypeScript or JavaScript`, `such as ${names[0]}`)
}

/**
 * Loads a configuration file: natively where Node can (it names a missing export), otherwise by jiti, which knows all of
 * TypeScript's syntax. `rappel` in it means this package, so that there is only one.
 *
 * @throws RappelError 'usage', or whatever the file's code throws
 */
export async function loadConfigFile(file: string): Promise<Config> {
  resolveToThisPackage()
  const module = await importFile(file)
  if (!('default' in module))
    throw usageError('there is no default export', 'write: export default defineConfig({ … })')
  checkConfig(module.default)
  return module.default
}

function resolveToThisPackage(): void {
  const urls = new Map(packageExports().map((specifier) => [specifier, import.meta.resolve(specifier)]))
  registerHooks({
    resolve(specifier, context, next) {
      if (!/^rappel(\/|$)/.test(specifier)) return next(specifier, context)
      const url = urls.get(specifier)
      if (url !== undefined) return { url, format: 'module', shortCircuit: true }
      throw usageError(`'${specifier}' is imported, which is not there`, suggestion(specifier, urls.keys()))
    },
  })
}

/** Syntax and places that Node's own type stripping does not take. */
const needsJiti = [
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_DIR_IMPORT',
]

async function importFile(file: string): Promise<{ default?: unknown }> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    const { code = '', url } = error as { code?: string; url?: string }
    if (!needsJiti.includes(code) && !(code === 'ERR_MODULE_NOT_FOUND' && hasOtherEnding(url))) throw error
  }
  const { createJiti } = await import('jiti')
  const virtualModules: Record<string, unknown> = {}
  for (const specifier of packageExports()) virtualModules[specifier] = await import(specifier)
  process.setSourceMapsEnabled(true)
  const options = { virtualModules, fsCache: false, interopDefault: false, sourceMaps: true }
  return createJiti(import.meta.url, options).import(file)
}

/** Whether what an import names as './model' or './model.js' is there as './model.ts', which jiti finds. */
function hasOtherEnding(url = ''): boolean {
  if (!url.startsWith('file:')) return false
  const stem = fileURLToPath(url).replace(/\.[cm]?js$/, '')
  return ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'].some((ending) => existsSync(stem + ending))
}
