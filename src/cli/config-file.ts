/** @file Finding and loading a project's configuration file. */
import { existsSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RappelError, suggestion, usageError } from '../base/errors.ts'
import { type Config, checkConfig } from '../train/config.ts'

const names = ['rappel.config.ts', 'rappel.config.mts', 'rappel.config.js', 'rappel.config.mjs']

/**
 * The configuration file of a project.
 *
 * @param given what `--config` names: a file or a folder; default: the working folder
 * @throws RappelError 'usage' when there is none
 */
export function findConfigFile(given: string | undefined): string {
  const path = resolve(given ?? '.')
  if (given !== undefined && !existsSync(path))
    throw usageError(
      `there is no file ${given}`,
      'give the path of a configuration file, or make a project: rappel init DIR',
    )
  if (!statSync(path).isDirectory()) return path
  const found = names.map((name) => resolve(path, name)).find((file) => existsSync(file))
  if (found !== undefined) return found
  throw usageError(
    `there is no ${names[0]} in ${given ?? 'this folder'}`,
    'make a project with `rappel init DIR`, or name the file with --config FILE',
  )
}

/**
 * Loads a configuration file: natively where Node can (it names a missing export), otherwise by jiti, which knows all of
 * TypeScript's syntax. `rappel` in it means this package, so that there is only one.
 *
 * @throws RappelError 'usage' naming file and line where they are known
 */
export async function loadConfigFile(file: string): Promise<Config> {
  resolveToThisPackage()
  const module = await importFile(file)
  if (!('default' in module))
    throw usageError(`${nameOf(file)} has no default export`, 'write: export default defineConfig({ … })')
  checkConfig(module.default)
  return module.default
}

let hooked = false
function resolveToThisPackage(): void {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'rappel' || specifier.startsWith('rappel/')
        ? next(specifier, { ...context, parentURL: import.meta.url })
        : next(specifier, context),
  })
}

/** Syntax, or places, that Node's own type stripping does not take. */
const needsJiti = [
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_UNKNOWN_FILE_EXTENSION',
]

async function importFile(file: string): Promise<{ default?: unknown }> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    const code = (error as { code?: string }).code ?? ''
    if (!needsJiti.includes(code)) throw await explained(error, file)
    const { createJiti } = await import('jiti')
    return await createJiti(import.meta.url).import(file)
  }
}

/** Syntax errors and missing names get a line of their own; other errors are the user's code at work. */
async function explained(error: unknown, file: string): Promise<unknown> {
  if (!(error instanceof Error)) return error
  const missing = /does not provide an export named '(.+?)'/.exec(error.message)
  if (missing !== null) {
    const source = /requested module '(rappel[^']*)'/.exec(error.message)?.[1]
    const known = source === undefined ? [] : Object.keys(await import(source))
    return usageError(
      `${nameOf(file)} imports '${missing[1]}', which ${source ?? 'the module'} does not have`,
      known.length > 0 ? suggestion(missing[1], known) : 'check the name',
    )
  }
  const lost = /Cannot find (?:module|package) '(.+?)'/.exec(error.message)
  if (lost !== null)
    return usageError(
      `${nameOf(file)} imports ${lost[1]}, which is not there`,
      'check the path, or install the package',
    )
  if (error instanceof SyntaxError)
    return new RappelError(
      'usage',
      `${placeOfSyntaxError(error, file)}: ${error.message.split('\n').filter(Boolean).at(-1)?.trim()}`,
    )
  return error
}

/** Node puts file and line of a syntax error at the head of the stack. */
function placeOfSyntaxError(error: Error, file: string): string {
  const line = /:(\d+)\s*\n/.exec(error.stack ?? '')?.[1]
  return line === undefined ? nameOf(file) : `${nameOf(file)}:${line}`
}

function nameOf(file: string): string {
  return file.split(/[\\/]/).at(-1) as string
}
