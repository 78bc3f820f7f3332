/**
 * @file docs/gradient-check-catalogue.md: what the check says of every planted mistake, of every right gradient, and of drawn ones. Writes the
 * page; exit status 1 when a verdict is not the one expected. `npm run experiments gradient-catalogue [DRAWS]`
 */
import { writeFileSync } from 'node:fs'
import { gradientCheck } from '../src/check/index.ts'
import { type Entry, mistakes, rightOnes, undecidable } from '../test/check/catalogue.ts'
import type { Precision } from '../test/check/nets.ts'
import { rightCases, wrongCases } from '../test/check/planted.ts'
import { plantError, randomProblem } from '../test/check/random-objective.ts'
import { runCase, runRandom } from '../test/check/run-case.ts'

/** Drawn losses in each precision. */
const draws = Number(process.argv[3] ?? 10_000)
const precisions: readonly Precision[] = ['float64', 'float32']

let odd = 0

async function row({ name, objective, at, expected, wrong, options }: Entry): Promise<string> {
  const { verdict, tensors, diagnosis, worst } = await gradientCheck(objective, at, options)
  const named = tensors.filter((tensor) => tensor.verdict === 'fail').map((tensor) => tensor.name)
  if (verdict !== expected || (wrong !== undefined && named.join() !== wrong.join())) odd++
  const cells = [name, verdict, named.join(', '), worst?.relativeError.toPrecision(2) ?? '', diagnosis?.words ?? '']
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

async function table(title: string, entries: readonly Entry[]): Promise<string> {
  const rows: string[] = []
  for (const entry of entries) rows.push(await row(entry))
  const head = '| objective | verdict | tensors that fail | largest relative error | diagnosis |\n|---|---|---|---|---|'
  return `## ${title}\n${head}\n${rows.join('\n')}\n`
}

type Counts = Record<'pass' | 'inconclusive' | 'fail', number>
const noCounts = (): Counts => ({ pass: 0, inconclusive: 0, fail: 0 })
const cellsOf = ({ pass, inconclusive, fail }: Counts) => `${pass} | ${inconclusive} | ${fail}`

/** The second catalogue, of single formulas and nets, in both precisions. */
async function secondCatalogue(): Promise<string> {
  const rows: string[] = []
  for (const precision of precisions)
    for (const [what, expected, cases] of [
      ['mistakes', 'fail', wrongCases],
      ['right gradients', 'pass', rightCases],
    ] as const) {
      const counts = noCounts()
      for (const { make, wrong, only } of cases) {
        if ((only ?? precision) !== precision) continue
        const { verdict, tensors } = await runCase({ make }, precision)
        counts[verdict]++
        const named = tensors.filter((tensor) => tensor.verdict === 'fail').map(({ name }) => name)
        if (verdict !== expected || named.join() !== wrong.join()) odd++
      }
      rows.push(`| ${what} | ${precision} | ${cellsOf(counts)} |`)
    }
  return `## Single formulas and nets, in both precisions (\`test/check/planted.ts\`)\n${countHead}${rows.join('\n')}\n`
}

const countHead = '| | | pass | inconclusive | fail |\n|---|---|---|---|---|\n'

/** Small expression graphs that are drawn, with exact derivatives; then with one entry at least 0.1% off. */
async function drawn(): Promise<string> {
  const rows: string[] = []
  for (const precision of precisions) {
    const [right, planted] = [noCounts(), noCounts()]
    for (let seed = 0; seed < draws; seed++) {
      const problem = randomProblem(seed, precision)
      right[(await runRandom(problem, problem.gradient, precision)).verdict]++
      const error = plantError(problem, seed, precision)
      if (error !== undefined) planted[(await runRandom(problem, error.gradient, precision)).verdict]++
    }
    rows.push(`| right gradients | ${precision} | ${cellsOf(right)} |`)
    rows.push(`| one entry 0.1% off or more, three times the rounding at least | ${precision} | ${cellsOf(planted)} |`)
    odd += right.fail + (precision === 'float64' ? planted.pass + planted.inconclusive : 0)
  }
  const about = 'In float32 the rounding of intermediate values can be larger than what is planted by that of the loss.'
  return `## ${draws} drawn expressions (\`test/check/random-objective.ts\`)\n${countHead}${rows.join('\n')}\n\n${about}\n`
}

const page = [
  '# What the gradient check finds\n',
  'Made by `npm run experiments gradient-catalogue` from `test/check/catalogue.ts`; the tests hold every row to what is expected of it.\n',
  await table(`${mistakes.length} planted mistakes`, mistakes),
  await table(`${rightOnes.length} right gradients`, rightOnes),
  await table('Where nothing can be shown', undecidable),
  await secondCatalogue(),
  await drawn(),
].join('\n')
writeFileSync(new URL('../docs/gradient-check-catalogue.md', import.meta.url), page)
console.log(`${page.slice(page.indexOf('## Single formulas'))}\n${odd} not as expected`)
process.exitCode = odd > 0 ? 1 : 0
