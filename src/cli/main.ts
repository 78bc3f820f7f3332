/** @file The command line: finds the command, runs it, and says what went wrong. */
import { suggestion, usageError } from '../base/errors.ts'
import { readArguments } from './arguments.ts'
import { type Command, commands } from './commands.ts'
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
  return runCommand(name, command, words, asksHelp)
}

/** @param words what stands behind its name; the first may name a command within it */
function runCommand(
  name: string,
  command: Command,
  words: readonly string[],
  asksHelp: boolean,
): Promise<number> | number {
  const [first, ...rest] = words
  const { commands: inner = {} } = command
  if (first !== undefined && Object.hasOwn(inner, first))
    return runCommand(`${name} ${first}`, inner[first], rest, asksHelp)
  if (asksHelp || words.some(isHelp)) return print(commandHelp(name, command))
  if (command.commands !== undefined && first !== undefined && !first.startsWith('-'))
    throw usageError(`${name} has no command '${first}'`, suggestion(first, Object.keys(inner)))
  const { flags, words: taken } = readArguments(name, command, words)
  return command.run(flags, ...taken)
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
