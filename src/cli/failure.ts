/** @file What a person sees when something fails: one line that says what and where, one that says what to do. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
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
 * Any thrown value as a failure. Where it came out of the user's code, file and line stand in front.
 *
 * @param userFile the file at work, for errors that know no line of it
 */
export function failureOf(error: unknown, userFile?: string): Failure {
  const line = placeOf(error)
  const file = userFile === undefined ? undefined : relative('.', userFile)
  if (error instanceof RappelError) {
    const { code, message, hint } = error
    // Errors of data name their own place; a missing runtime is the fault of no line.
    const place = code === 'runtime' ? undefined : (line ?? (code === 'data' ? undefined : file))
    return { code, message: inFront(place, message), hint, exitCode: code === 'run' || code === 'store' ? 1 : 2 }
  }
  const text = error instanceof Error ? `${error.name}: ${mainLine(error)}` : `${error} was thrown`
  if (line !== undefined || (file !== undefined && !startsHere(error)))
    return { code: 'usage', message: inFront(line ?? file, text), exitCode: 2 }
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

function inFront(place: string | undefined, message: string): string {
  return place === undefined ? message : `${place}: ${message}`
}

/** `file:line` of the user's code from which an error, or its cause, came. */
export function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const inCause = placeOf(error.cause)
  if (inCause !== undefined) return inCause
  const frame = framesOf(error).find(({ file }) => !isOwn(file) && !/[\\/]node_modules[\\/]/.test(file))
  return frame && `${relative('.', frame.file)}:${frame.line}`
}

function startsHere(error: unknown): boolean {
  const [first] = error instanceof Error ? framesOf(error) : []
  return first !== undefined && isOwn(first.file)
}

/** Where this package's code lies: built or source, and the starter. */
const own = ['..', '../../bin/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))

function isOwn(file: string): boolean {
  return own.some((folder) => file.startsWith(folder))
}

interface Frame {
  readonly file: string
  readonly line: string
}

/** The lines of code through which an error came, Node's own left out. A frame ends in file:line:column; a syntax error begins with file:line. */
function framesOf({ stack = '' }: Error): Frame[] {
  return stack.split('\n').flatMap((text) => {
    const found = /^ +at (?:.*\(|async )?(.+?):(\d+):\d+\)?$/.exec(text) ?? /^(\S.*):(\d+)$/.exec(text)
    if (found === null) return []
    const file = found[1].startsWith('file:') ? fileURLToPath(found[1].replace(/\?.*/, '')) : found[1]
    return /^(\/|[A-Za-z]:[\\/])/.test(file) ? [{ file, line: found[2] }] : []
  })
}

/** The message of a syntax error shows the line of code first, others begin with what matters. */
function mainLine(error: Error): string {
  const lines = error.message.trim().split('\n')
  return (error instanceof SyntaxError ? lines[lines.length - 1] : lines[0]).trim()
}
