/** @file `rappel export`: a run's model in another place or form. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { RappelError, suggestion, usageError } from '../base/errors.ts'
import { operators } from '../graph/ops/index.ts'
import { readModel } from '../graph/proto.ts'
import { printGraph } from '../graph/text.ts'
import type { Flags } from './arguments.ts'
import { writeWhole } from './files.ts'
import { runsFolder } from './run-folder.ts'
import { safetensors } from './safetensors.ts'

/** The forms, and the ending of a file in each. */
const endings: Readonly<Record<string, string>> = { onnx: '.onnx', safetensors: '.safetensors', text: '.txt' }

/**
 * Writes the model of a run.
 *
 * @param run a run's name or folder, or a model file; default: the newest run of this folder
 */
export async function exportCommand(run: string | undefined, flags: Flags): Promise<number> {
  const { out: given, format = formatOf(given) } = flags as { out?: string; format?: string }
  if (!Object.hasOwn(endings, format))
    throw usageError(`--format is '${format}'`, suggestion(format, Object.keys(endings)))
  const source = modelOf(run)
  const out = given ?? `model${endings[format]}`
  const bytes = readBytes(source)
  // Also where it is only copied: a broken file is found now and not where it is used.
  const graph = readModel(bytes, operators, { file: source, dimensions: 1 })
  writeWhole(out, format === 'onnx' ? bytes : format === 'text' ? printGraph(graph) : safetensors(graph))
  const document = { schema: 1, source, out, format }
  process.stdout.write(flags.json ? `${JSON.stringify(document)}\n` : `${source} as ${format} in ${out}\n`)
  return 0
}

function formatOf(out = 'model.onnx'): string {
  const format = Object.keys(endings).find((name) => out.endsWith(endings[name]))
  if (format !== undefined) return format
  throw usageError(
    `the ending of ${out} names no format, expected one of: ${Object.values(endings).join(', ')}`,
    'say the format with --format',
  )
}

function readBytes(file: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(file))
  } catch (error) {
    throw new RappelError('model', `${file} cannot be read: ${(error as Error).message}`, 'check its permissions', {
      cause: error,
    })
  }
}

function modelOf(run: string | undefined): string {
  const runs = existsSync(runsFolder) ? readdirSync(runsFolder).sort() : []
  const name = run ?? runs.at(-1)
  if (name === undefined)
    throw usageError(
      'there is no run in this folder',
      'train first: rappel train, or name a model file: rappel export model.onnx',
    )
  for (const place of [name, join(runsFolder, name)]) {
    if (!existsSync(place)) continue
    if (!statSync(place).isDirectory()) return place
    const model = join(place, 'model.onnx')
    if (existsSync(model)) return model
    throw usageError(`the run ${name} has no model`, 'it diverged, or was stopped before its first step')
  }
  throw usageError(
    `there is no run or file '${name}'`,
    runs.length > 0 ? suggestion(name, runs) : 'there are no runs in this folder',
  )
}
