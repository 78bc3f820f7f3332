/**
 * @file The table of docs/gradient-check-catalogue.md: what the check says of every planted mistake and of every right gradient. Writes the
 * page; exit status 1 when a verdict is not the one expected.
 */
import { writeFileSync } from 'node:fs'
import { gradientCheck } from '../src/check/index.ts'
import { type Entry, mistakes, rightOnes, undecidable } from '../test/check/catalogue.ts'

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

const page = [
  '# What the gradient check finds\n',
  'Made by `npm run experiments gradient-catalogue` from `test/check/catalogue.ts`; the tests hold every row to what is expected of it.\n',
  await table(`${mistakes.length} planted mistakes`, mistakes),
  await table(`${rightOnes.length} right gradients`, rightOnes),
  await table('Where nothing can be shown', undecidable),
].join('\n')
writeFileSync(new URL('../docs/gradient-check-catalogue.md', import.meta.url), page)
console.log(`${mistakes.length + rightOnes.length + undecidable.length} checked, ${odd} not as expected`)
process.exitCode = odd > 0 ? 1 : 0
