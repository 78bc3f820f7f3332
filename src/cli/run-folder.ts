/** @file The folder of a run. It is claimed before the training, so that no training is lost because of its place. */
import { accessSync, constants, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RappelError } from '../base/errors.ts'
import { codeOf, makeFolder, partEnding } from '../store/files.ts'
import { runId } from '../store/open-run.ts'

/** Where runs lie that were not told where. */
export const runsFolder = join('.rappel', 'runs')

export interface RunFolder {
  readonly path: string
  /** The outermost folder that had to be made for it. */
  readonly made?: string
}

/**
 * Makes the folder.
 *
 * @param given by `--out`: it may exist, its `model.onnx` and `run.json` are replaced. Default: a new one in `.rappel/runs`,
 *   which no other process gets
 * @throws RappelError 'usage' when it cannot be made, or not be written to
 */
export function claimRunFolder(given: string | undefined, now: Date): RunFolder {
  const path = given ?? runsFolder
  try {
    const made = makeFolder(path)
    if (given === undefined) return newFolder(now, made)
    accessSync(path, constants.W_OK)
    return { path, made }
  } catch (error) {
    const message = `the run cannot be written to ${path}: ${(error as Error).message}`
    throw new RappelError('usage', message, 'name a folder with --out', { cause: error })
  }
}

/** The folder is named as the run is in the record. */
function newFolder(now: Date, made: string | undefined): RunFolder {
  for (let number = 1; ; number++) {
    const path = join(runsFolder, runId(now.getTime(), number))
    try {
      mkdirSync(path)
      return { path, made: made ?? path }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
}

/** Takes away what a run that left nothing leaves behind: half-written files, and the folders that were made for it. */
export function abandonRunFolder({ path, made }: RunFolder): void {
  try {
    for (const name of readdirSync(path)) if (name.endsWith(partEnding)) rmSync(join(path, name))
    for (let folder = path; made !== undefined; folder = dirname(folder)) {
      rmdirSync(folder)
      if (folder === made) return
    }
  } catch {
    // Something else is in it, or it is gone already.
  }
}
