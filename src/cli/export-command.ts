/** @file `rappel export`: a run's model in another place or form. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suggestion, usageError } from '../base/errors.ts'
import { operators } from '../graph/ops/index.ts'
import { readModel } from '../graph/proto.ts'
import { printGraph } from '../graph/text.ts'
import { writeWhole } from './files.ts'
import { safetensors } from './safetensors.ts'

export interface ExportFlags {
  readonly out?: string
  readonly format?: string
  readonly json?: boolean
}

const formats = ['onnx', 'safetensors', 'text']
const runsFolder = join('.rappel', 'runs')

/**
 * Writes the model of a run.
 *
 * @param run a run's name or folder, or a model file; default: the newest run of this folder
 */
export async function exportCommand(run: string | undefined, flags: ExportFlags): Promise<number> {
  const { format = formatOf(flags.out) } = flags
  if (!formats.includes(format)) throw usageError(`--format is '${format}'`, suggestion(format, formats))
  const source = modelOf(run)
  const out = flags.out ?? `model.${{ onnx: 'onnx', safetensors: 'safetensors', text: 'txt' }[format]}`
  const bytes = new Uint8Array(readFileSync(source))
  // Also where it is only copied: a broken file is found now and not where it is used.
  const graph = readModel(bytes, operators, { file: source, dimensions: { batch: 1 } })
  writeWhole(out, format === 'onnx' ? bytes : format === 'text' ? printGraph(graph) : safetensors(graph))
  const document = { schema: 1, source, out, format }
  process.stdout.write(flags.json ? `${JSON.stringify(document)}\n` : `${source} as ${format} in ${out}\n`)
  return 0
}

function formatOf(out: string | undefined): string {
  if (out?.endsWith('.safetensors')) return 'safetensors'
  return out?.endsWith('.txt') ? 'text' : 'onnx'
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
