/** @file The commands: what each takes and what it does. What a command needs is loaded when it runs. */
import type { Flags, Shape } from './arguments.ts'

export interface Command extends Shape {
  readonly summary: string
  readonly example: string
  /** Commands within it, by the word that stands behind its name. */
  readonly commands?: Readonly<Record<string, Command>>
  /** @param words as many as `argument` says. @returns the exit status */
  run(flags: Flags, ...words: string[]): Promise<number>
}

const chance = {
  seed: { value: '<n>', help: 'the seed of all chance: data order, first values, dropout' },
  threads: { value: '<n>', help: 'threads within one operator (default: by the size of the net)' },
}
const store = { value: '<file>', help: 'where runs are recorded (default: RAPPEL_STORE, or .rappel/runs.sqlite)' }
const record = { store, json: { help: 'print it as JSON' } }
const training = {
  ...chance,
  out: { value: '<folder>', help: 'where to write the run (default: a new folder in .rappel/runs)' },
  store,
  json: { help: 'print the final document as JSON' },
  events: { help: 'print every event as a line of JSON while it happens' },
  ui: { help: 'show it in a browser while it goes on, and until Ctrl-C' },
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
      resume: { value: '<run>', help: "go on with a run that was stopped: its id, its folder, or 'last'" },
      'find-rate': { help: 'train nothing, but try which learning rate to begin with' },
      check: { help: 'check the gradients first, and whether a few examples can be learned by heart' },
      'no-check': { help: 'leave out the quick checks that are made before every training' },
      probe: { help: 'try other rates, shuffled targets and one batch for some steps first' },
      ...training,
    },
    example: 'rappel train --config other.config.ts --json',
    run: async (flags) => (await import('./train-command.ts')).trainCommand(flags),
  },
  race: {
    summary: 'race update rules on the project in this folder, each at its own best rate',
    options: {
      config: { value: '<file>', help: 'the configuration, or its folder (default: rappel.config.ts)' },
      rules: {
        value: '<names>',
        help: "with commas; 'own' is the project's (default: sgd,momentum,nesterov,rmsprop,adam)",
      },
      seeds: { value: '<n>', help: 'how many seeds, from --seed on (default: 3)' },
      ...chance,
      store,
      json: { help: 'print the report as JSON' },
    },
    example: 'rappel race --rules own,adam --seeds 5',
    run: async (flags) => (await import('./race-command.ts')).raceCommand(flags),
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
  diagnose: {
    summary: 'say what is wrong with a run, how sure that is, and what to do next',
    argument: '[run]',
    options: record,
    example: 'rappel diagnose runs/foreign.jsonl',
    run: async (flags, run?: string) => (await import('./diagnose-command.ts')).diagnoseCommand(flags, run),
  },
  ui: {
    summary: 'show the runs in a browser, live',
    options: {
      store,
      port: { value: '<n>', help: 'the port (default: 6060, or the next that is free)' },
      host: { value: '<address>', help: 'the interface (default: 127.0.0.1; any other asks for a token)' },
    },
    example: 'rappel ui --port 8080',
    run: async (flags) => (await import('./ui-command.ts')).uiCommand(flags),
  },
  report: {
    summary: 'write runs as one HTML file (default: the newest run)',
    argument: '[run...]',
    options: {
      ...record,
      out: { value: '<file>', help: "where to write it (default: report.html in the run's folder)" },
    },
    example: 'rappel report --out digits.html',
    run: async (flags, ...runs) => (await import('./report-command.ts')).reportCommand(flags, runs),
  },
  init: {
    summary: 'make a project to start from',
    argument: '<folder>',
    options: {},
    example: 'rappel init my-project',
    run: async (_flags, folder) => (await import('./init-command.ts')).initCommand(folder),
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
  runs: {
    summary: 'list the runs that are recorded; show, compare, delete, import them',
    options: record,
    example: 'rappel runs',
    run: async (flags) => (await import('./runs-command.ts')).listRuns(flags),
    commands: {
      show: {
        summary: 'all that is known of one run (default: the newest)',
        argument: '[run]',
        options: record,
        example: 'rappel runs show 20261123-091602',
        run: async (flags, run?: string) => (await import('./runs-command.ts')).showRun(flags, run),
      },
      compare: {
        summary: 'what differs between runs, then what came out',
        argument: '<run> <run...>',
        options: record,
        example: 'rappel runs compare 20261123-091602 20261123-094418',
        run: async (flags, ...runs) => (await import('./runs-command.ts')).compareRuns(flags, runs),
      },
      delete: {
        summary: 'remove runs, with their folders',
        argument: '<run...>',
        options: record,
        example: 'rappel runs delete 20261123-091602',
        run: async (flags, ...runs) => (await import('./runs-command.ts')).deleteRuns(flags, runs),
      },
      import: {
        summary: "take in JSON lines, TensorBoard's event files, folders of them",
        argument: '<file...>',
        options: record,
        example: 'rappel runs import logs/events.out.tfevents.1760000000.host',
        run: async (flags, ...files) => (await import('./import-command.ts')).importRuns(flags, files),
      },
    },
  },
}
