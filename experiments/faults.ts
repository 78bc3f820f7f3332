/**
 * @file The fault library: situations of which is known what is wrong with them, and how well the diagnosis tells.
 *
 *     npm run experiments faults -- record [--half tuned|scored] [--only NAME] [--folder DIR]   makes the event streams
 *     npm run experiments faults -- score [--half …] [--only NAME] [--folder DIR] [--loss-only] [--all] [--write]
 *     npm run experiments faults -- verify [--half …] [--only NAME]   each fault beside the same training without it
 *     npm run experiments faults -- advice [--half …] [--only NAME] [--probe] [--write]   the advised numbers put in, and the runs made again
 *     npm run experiments faults -- pictures   those of docs/findings
 *     npm run experiments faults -- pages      what docs/findings and docs/diagnosis.md say of the rules
 *     npm run experiments faults -- random [--from N] [--count N]   situations drawn at random, that no rule was made for
 *     npm run experiments faults -- list
 *
 * `--half practice --folder DIR` takes the situations to practise on, which are in neither half and whose streams are not kept.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { nativeEngine } from '../src/engine/native.ts'
import { tryAdvice } from './faults/advice.ts'
import { fill, writePages } from './faults/pages.ts'
import { drawPictures } from './faults/pictures.ts'
import { scoreRandom } from './faults/random.ts'
import { fileOf, library, record } from './faults/record.ts'
import { type Scored, scoreRun, total } from './faults/score.ts'
import { type Half, type Situation, seeds } from './faults/situation.ts'
import { allSituations, practice } from './faults/situations/index.ts'
import { fromFile, lossOnly } from './faults/stream.ts'
import { confusionTable, documentPart, precisionTable, runLines, scoreLine } from './faults/tables.ts'
import { verify } from './faults/verify.ts'

const { values, positionals } = parseArgs({
  args: process.argv.slice(process.argv[2] === 'faults' ? 3 : 2),
  allowPositionals: true,
  options: {
    half: { type: 'string' },
    only: { type: 'string' },
    folder: { type: 'string' },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '20' },
    'loss-only': { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    probe: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

if (values.half !== undefined && !['tuned', 'scored', 'practice'].includes(values.half))
  refuse(`--half is '${values.half}', expected tuned, scored or practice`)
if (values.half === 'practice' && values.folder === undefined && ['record', 'score'].includes(positionals[0]))
  refuse('--half practice: its streams are not kept in the repository; say where they lie by --folder DIR')

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}

const folder = values.folder === undefined ? library : pathToFileURL(`${resolve(values.folder)}/`)
const isWanted = ({ name, half }: Situation) =>
  (values.half === undefined || values.half === half) && (values.only === undefined || name.includes(values.only))
const wanted = (values.half === 'practice' ? practice : allSituations).filter(isWanted)

async function recordAll(): Promise<void> {
  const engine = await nativeEngine({ threads: 1 })
  let bytes = 0
  for (const situation of wanted)
    for (const seed of seeds) {
      const startedAt = performance.now()
      const size = await record(situation, seed, engine, folder)
      bytes += size
      console.log(
        `${situation.half}/${situation.name}-${seed}: ${(size / 1000).toFixed(1)} kB, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
      )
    }
  console.log(`${wanted.length} situations, ${(bytes / 1e6).toFixed(2)} MB`)
}

function scoreAll(half: Half): readonly Scored[] {
  return wanted
    .filter((situation) => situation.half === half)
    .flatMap((situation) =>
      seeds.flatMap((seed) => {
        const file = fileOf(situation, seed, folder)
        if (!existsSync(file)) return []
        const events = fromFile(readFileSync(file))
        return [scoreRun(situation, seed, values['loss-only'] ? lossOnly(events) : events)]
      }),
    )
}

const diagnosisPage = new URL('../docs/diagnosis.md', import.meta.url)

function score(): void {
  for (const half of ['tuned', 'scored', 'practice'] as const) {
    const runs = scoreAll(half)
    if (runs.length === 0) continue
    console.log(`## ${half}${values['loss-only'] ? ', losses alone' : ''}: ${scoreLine(total(runs))}\n`)
    console.log(`${runLines(runs, values)}\n`)
    console.log(`${confusionTable(runs)}\n\n${precisionTable(runs)}\n`)
    if (values.write && half !== 'practice')
      fill(diagnosisPage, `score ${half}`, documentPart(`The ${half} half`, runs))
  }
}

switch (positionals[0]) {
  case 'record':
    await recordAll()
    break
  case 'score':
    score()
    break
  case 'verify':
    await verify(wanted)
    break
  case 'pictures':
    await drawPictures(
      wanted.filter(({ half }) => half === 'tuned'),
      await nativeEngine({ threads: 1 }),
    )
    break
  case 'advice': {
    const table = await tryAdvice(wanted, await nativeEngine({ threads: 1 }), values)
    console.log(table)
    if (values.write) fill(diagnosisPage, 'advice', table)
    break
  }
  case 'pages':
    writePages()
    break
  case 'random':
    await scoreRandom(Number(values.from), Number(values.count))
    break
  case 'list':
    for (const { half, name, fault, about } of wanted)
      console.log(`${half} ${name} (${fault?.cause ?? 'healthy'}): ${about}`)
    break
  default:
    refuse('expected one of: record, score, verify, pictures, pages, advice, random, list')
}
