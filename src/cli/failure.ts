/** @file What a person sees when something fails: one line that says what and where, one that says what to do. */
import { RappelError } from '../base/errors.ts'

/** A failure as plain data, which can cross from one process to another. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint?: string
  /** 2 for bad usage or bad input, 1 when a run or check failed. */
  readonly exitCode: 1 | 2
}

/**
 * Any thrown value as a failure.
 *
 * @param userFile a file of the user's: where the error came out of it, its line stands in front
 */
export function failureOf(error: unknown, userFile?: string): Failure {
  const place = userFile === undefined ? undefined : placeIn(error, userFile)
  const at = place === undefined ? '' : `${place}: `
  if (error instanceof RappelError)
    return { code: error.code, message: at + error.message, hint: error.hint, exitCode: error.code === 'run' ? 1 : 2 }
  if (error instanceof Error && place !== undefined)
    return { code: 'usage', message: `${at}${error.name}: ${firstLine(error.message)}`, exitCode: 2 }
  const text = error instanceof Error ? `${error.name}: ${firstLine(error.message)}` : String(error)
  return {
    code: 'defect',
    message: `unexpected failure: ${text}`,
    hint: 'this is a defect of Rappel: please report it, with what RAPPEL_DEBUG=1 prints',
    exitCode: 1,
  }
}

/** Prints a failure on standard error; the stack only for developers who ask for it. */
export function printFailure(failure: Failure, error?: unknown): void {
  process.stderr.write(`rappel: ${failure.message}\n${failure.hint === undefined ? '' : `  ${failure.hint}\n`}`)
  if (process.env.RAPPEL_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`)
}

/** `name:line` of the user's file, from the first frame of the stack that lies in it. */
function placeIn(error: unknown, userFile: string): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined
  const name = userFile.split(/[\\/]/).at(-1) as string
  const escaped = userFile.replaceAll('\\', '/').replace(/[.*+?^${}()|[\]]/g, '\\$&')
  const line = new RegExp(`${escaped}(?:\\?[^:)]*)?:(\\d+)`).exec(error.stack.replaceAll('\\', '/'))
  return line === null ? undefined : `${name}:${line[1]}`
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]
}
