/** @file The command line: commands, their options, and what becomes of what they throw. */
import { type CAC, type Command, cac } from 'cac'
import { suggestion, usageError } from '../base/errors.ts'
import { type ExportFlags, exportCommand } from './export-command.ts'
import { failureOf, printFailure } from './failure.ts'
import { initCommand } from './init-command.ts'
import { demoCommand, type TrainFlags, trainCommand } from './train-command.ts'
import { packageVersion } from './version.ts'

/** Runs one command. @param argv what stands behind `rappel`. @returns the exit status */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const cli = commands()
    cli.parse(['node', 'rappel', ...argv], { run: false })
    const command = cli.matchedCommand
    if (cli.options.help || cli.options.version) return 0 // cac has printed it
    if (command === undefined) return noCommand(cli, argv)
    checkOptions(command, cli)
    return (await cli.runMatchedCommand()) as number
  } catch (error) {
    const failure = isCacError(error)
      ? { code: 'usage', message: error.message, hint: 'rappel --help lists what there is', exitCode: 2 as const }
      : failureOf(error)
    printFailure(failure, error)
    return failure.exitCode
  }
}

function commands(): CAC {
  const cli = cac('rappel')
  const training = (command: Command) =>
    command
      .option('--seed <n>', 'the seed of all chance: data order, first values, dropout')
      .option('--threads <n>', 'threads within one operator (default: by the size of the net)')
      .option('--out <folder>', 'where to write the run (default: a new folder in .rappel/runs)')
      .option('--json', 'print the final document as JSON')
      .option('--events', 'print every event as a JSON line while it happens')
  training(cli.command('demo', 'train a small net on the built-in digits and report'))
    .example('rappel demo --seed 3')
    .action((flags: TrainFlags) => demoCommand(flags))
  training(cli.command('train', 'train the project in this folder'))
    .option('--config <file>', 'the configuration (default: rappel.config.ts)')
    .example('rappel train --config other.config.ts --json')
    .action((flags: TrainFlags) => trainCommand(flags))
  cli
    .command('init <folder>', 'make a project to start from')
    .example('rappel init my-project')
    .action((folder: string) => initCommand(String(folder)))
  cli
    .command('export [run]', "write a run's model (default: the newest run)")
    .option('--out <file>', 'where to write it (default: model.onnx)')
    .option('--format <format>', 'onnx, safetensors or text (default: by the ending of --out)')
    .option('--json', 'print what was done as JSON')
    .example('rappel export --out weights.safetensors')
    .action((run: string | undefined, flags: ExportFlags) => exportCommand(run?.toString(), flags))
  cli.help()
  cli.version(packageVersion())
  return cli
}

function noCommand(cli: CAC, argv: readonly string[]): number {
  const name = argv.find((word) => !word.startsWith('-'))
  const names = cli.commands.map((command) => command.name)
  if (name !== undefined) throw usageError(`there is no command '${name}'`, suggestion(name, names))
  const option = argv.find((word) => word.startsWith('-'))
  if (option !== undefined)
    throw usageError(`there is no option '${option}' without a command`, `commands: ${names.join(', ')}`)
  cli.outputHelp()
  return 0
}

/** Before anything runs: an option that does not exist is told the nearest that does; nothing is silently ignored. */
function checkOptions(command: Command, cli: CAC): void {
  const known = command.options.map(({ name }) => name)
  const given = Object.keys(cli.options).filter((name) => name !== '--')
  const odd = given.find((name) => !known.includes(name))
  if (odd !== undefined)
    throw usageError(
      `${command.name} has no option '--${dashed(odd)}'`,
      suggestion(
        `--${dashed(odd)}`,
        known.map((name) => `--${dashed(name)}`),
      ),
    )
  const twice = given.find((name) => Array.isArray(cli.options[name]))
  if (twice !== undefined)
    throw usageError(`--${dashed(twice)} is given ${cli.options[twice].length} times, expected once`)
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function isCacError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'CACError'
}
