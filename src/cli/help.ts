/** @file The texts of `--help`. */
import { usage } from './arguments.ts'
import { type Command, commands } from './commands.ts'

/** What there is. */
export function generalHelp(version: string): string {
  const rows = Object.entries(commands).map(
    ([name, { argument = '', summary }]) => [`rappel ${name} ${argument}`, summary] as const,
  )
  return `rappel ${version} trains neural networks on ONNX graphs and shows whether the training is right

${table(rows)}

rappel COMMAND --help tells what a command takes.
`
}

/** One command. */
export function commandHelp(
  name: string,
  { argument, summary, options, example, commands: inner = {} }: Command,
): string {
  const within = Object.entries(inner).map(
    ([word, { argument = '', summary }]) => [`rappel ${name} ${word} ${argument}`, summary] as const,
  )
  const rows = Object.entries(options).map(([option, { value = '', help }]) => [`--${option} ${value}`, help] as const)
  const list = rows.length > 0 ? `${table(rows)}\n\n` : ''
  const innerList = within.length > 0 ? `${table(within)}\n\n` : ''
  return `${usage(name, argument)}: ${summary}\n\n${innerList}${list}example: ${example}\n`
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
