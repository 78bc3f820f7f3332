/** @file Runs a TypeScript file in a Node process of its own. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * @param file of the script, and `preload` of a module that is loaded before everything else (in its children too)
 * @param options.args for the script
 */
export function spawnScript(
  file: URL,
  options: { readonly args?: readonly string[]; readonly preload?: URL; readonly cwd?: string } = {},
): Promise<Ended> {
  const { args = [], preload, cwd } = options
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env
  const preloading = preload === undefined ? {} : { NODE_OPTIONS: `--import=${preload.href}` }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [fileURLToPath(file), ...args],
      { cwd, env: { ...env, ...preloading } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    )
  })
}
