/** @file `npm run experiments NAME`: runs one of the long measurements beside this file; without a name, lists them. */
import { readdirSync } from 'node:fs'

const names = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -3))
const [name] = process.argv.slice(2)
if (name === undefined) console.log(names.map((known) => `npm run experiments ${known}`).join('\n'))
else if (names.includes(name)) await import(new URL(`./${name}.ts`, import.meta.url).href)
else {
  console.error(`there is no experiment '${name}', expected one of: ${names.join(', ')}`)
  process.exitCode = 2
}
