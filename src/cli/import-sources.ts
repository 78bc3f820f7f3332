/** @file What `rappel runs import` is given: files, recognised by what is in them, and folders of files. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { RappelError, usageError } from '../base/errors.ts'
import { isTfRecord } from '../store/tfrecord.ts'

/** One run to be. */
export interface ImportSource {
  readonly form: 'lines' | 'tensorboard'
  /** What the run is called where it does not say it itself. */
  readonly name: string
  /** In order. TensorBoard's writers begin a new one at every restart. */
  readonly files: readonly string[]
}

/** What to do with a file that is none. */
export const forms = 'rappel runs import takes JSON lines and TensorBoard event files: see docs/record.md'

/**
 * The runs in files and folders.
 *
 * @throws RappelError 'usage' or 'data' that names what is missing, or is of another kind
 */
export function importSources(paths: readonly string[]): ImportSource[] {
  return paths.flatMap((path) => (isFolder(path) ? folderSources(path) : [fileSource(path)]))
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw usageError(`${path} cannot be read: ${(error as Error).message}`, 'give the path of a file or a folder')
  }
}

function fileSource(path: string): ImportSource {
  const form = formOf(path)
  if (form === 'lines') return { form, name: basename(path).replace(/\.(jsonl?|ndjson)$/, ''), files: [path] }
  if (form === 'tensorboard') return { form, name: basename(dirname(resolve(path))), files: [path] }
  throw new RappelError(
    'data',
    `${path} ${form === 'empty' ? 'is empty' : 'is neither JSON lines nor a TensorBoard event file'}`,
    forms,
  )
}

/** In a folder everything else is left alone. The event files of one folder are one run. */
function folderSources(folder: string): ImportSource[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .sort()
  const nameOf = (path: string) => relative(dirname(resolve(folder)), path).replaceAll('\\', '/')
  const sources: ImportSource[] = []
  const byFolder = new Map<string, string[]>()
  for (const path of paths) {
    const isEvents = basename(path).includes('tfevents')
    if (!isEvents && !/\.(jsonl|ndjson)$/.test(path)) continue
    if (statSync(path).isDirectory()) continue
    const form = formOf(path)
    if (form === 'lines') sources.push({ form, name: nameOf(resolve(path)).replace(/\.\w+$/, ''), files: [path] })
    if (form === 'tensorboard') byFolder.set(dirname(path), [...(byFolder.get(dirname(path)) ?? []), path])
  }
  for (const [of, files] of byFolder) sources.push({ form: 'tensorboard', name: nameOf(resolve(of)), files })
  if (sources.length === 0)
    throw new RappelError('data', `${folder} holds no TensorBoard event files and no .jsonl files`, forms)
  return sources
}

/** By the first bytes: the name says nothing. */
function formOf(path: string): ImportSource['form'] | 'empty' | 'other' {
  const start = firstBytes(path)
  if (start.length === 0) return 'empty'
  if (isTfRecord(start)) return 'tensorboard'
  return /^\uFEFF?\s*[{]/.test(new TextDecoder().decode(start)) ? 'lines' : 'other'
}

function firstBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(64)
  try {
    const file = openSync(path, 'r')
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0))
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw usageError(`${path} cannot be read: ${(error as Error).message}`, 'check its permissions')
  }
}
