import { nativeEngine } from './src/engine/native.ts'
import { planFromConfig } from './src/train/config.ts'
import { sanityChecks } from './src/check/sanity/sanity.ts'
import { common, right } from './test/check/sanity/right.ts'
import { wrong } from './test/check/sanity/wrong.ts'
const engine = await nativeEngine({threads:1})
for (const name of process.argv.slice(2)) {
  const setup = wrong[name]?.setup ?? right[name]
  console.log('==', name)
  const plan = await planFromConfig({ ...common, ...setup() } as never)
  const r = await sanityChecks(plan, engine, { onProgress: (c)=> process.env.V && console.log(c) })
  for (const f of r.findings) if (f.verdict!=='pass' && f.verdict !== 'skipped' || process.env.V) console.log(f.verdict, f.check, f.code ?? '', '\n   exp', f.expected, '\n   got', f.got, '\n   ', f.words, process.env.V ? f.evidence : '')
}
