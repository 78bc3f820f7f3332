/** @file The commands: what each takes and what it does. What a command needs is loaded when it runs. */
import type { Flags, Shape } from './arguments.ts'

export interface Command extends Shape {
  readonly summary: string
  readonly example: string
  /** @returns the exit status */
  run(flags: Flags, word: string | undefined): Promise<number>
}

const chance = {
  seed: { value: '<n>', help: 'the seed of all chance: data order, first values, dropout' },
  threads: { value: '<n>', help: 'threads within one operator (default: by the size of the net)' },
}
const training = {
  ...chance,
  out: { value: '<folder>', help: 'where to write the run (default: a new folder in .rappel/runs)' },
  json: { help: 'print the final document as JSON' },
  events: { help: 'print every event as a line of JSON while it happens' },
}

export const commands: Readonly<Record<string, Command>> = {
  demo: {
    summary: 'check and train a small net on the built-in digits and report',
    options: training,
    example: 'rappel demo --seed 3',
    run: async (flags) => (await import('./train-command.ts')).demoCommand(flags),
  },
  train: {
    summary: 'train the project in this folder',
    options: {
      config: { value: '<file>', help: 'the configuration, or its folder (default: rappel.config.ts)' },
      ...training,
    },
    example: 'rappel train --config other.config.ts --json',
    run: async (flags) => (await import('./train-command.ts')).trainCommand(flags),
  },
  check: {
    summary: 'check gradients, data, loss and net of the project in this folder',
    options: {
      config: { value: '<file>', help: 'the configuration, or its folder (default: rappel.config.ts)' },
      ...chance,
      all: { help: 'every coordinate of every parameter (default: 100 of each where there are many)' },
      fast: { help: 'random directions, and coordinates only where they disagree' },
      examples: { value: '<n>', help: 'examples in the loss: few mean few kinks (default: 3 or 8)' },
      json: { help: 'print the report as JSON' },
    },
    example: 'rappel check --all --json',
    run: async (flags) => (await import('./check-command.ts')).checkCommand(flags),
  },
  init: {
    summary: 'make a project to start from',
    argument: '<folder>',
    options: {},
    example: 'rappel init my-project',
    run: async (_flags, folder) => (await import('./init-command.ts')).initCommand(folder as string),
  },
  export: {
    summary: "write a run's model elsewhere or in another form",
    argument: '[run]',
    options: {
      out: { value: '<file>', help: 'where to write it (default: model.onnx)' },
      format: { value: '<format>', help: 'onnx, safetensors or text (default: by the ending of --out)' },
      json: { help: 'print what was done as JSON' },
    },
    example: 'rappel export --out weights.safetensors',
    run: async (flags, run) => (await import('./export-command.ts')).exportCommand(run, flags),
  },
}
