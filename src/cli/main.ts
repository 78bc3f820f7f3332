/** @file The command line: finds the command, runs it, and says what went wrong. */
import { suggestion, usageError } from '../base/errors.ts'
import { readArguments } from './arguments.ts'
import { commands } from './commands.ts'
import { failureOf, printFailure } from './failure.ts'
import { commandHelp, generalHelp } from './help.ts'
import { packageVersion } from './package.ts'
import { surviveClosedStreams } from './streams.ts'

/** Runs one command. @param argv what stands behind `rappel`. @returns the exit status */
export async function main(argv: readonly string[]): Promise<number> {
  surviveClosedStreams()
  try {
    return await run(argv)
  } catch (error) {
    const failure = failureOf(error)
    printFailure(failure, error)
    return failure.exitCode
  }
}

async function run([first = '--help', ...rest]: readonly string[]): Promise<number> {
  if (first === '--version' || first === '-v')
    return print(`rappel ${packageVersion()}, Node ${process.versions.node}\n`)
  const asksHelp = isHelp(first) || first === 'help'
  const [name, ...words] = asksHelp ? rest : [first, ...rest]
  if (name === undefined) return print(generalHelp(packageVersion()))
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw noCommand(name)
  if (asksHelp || words.some(isHelp)) return print(commandHelp(name, command))
  const { flags, word } = readArguments(name, command, words)
  return command.run(flags, word)
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}

function noCommand(name: string) {
  const names = Object.keys(commands)
  return name.startsWith('-')
    ? usageError(
        `'${name}' stands where a command should`,
        `rappel COMMAND [options], with one of: ${names.join(', ')}`,
      )
    : usageError(`there is no command '${name}'`, suggestion(name, names))
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
