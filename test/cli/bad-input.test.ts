/** @file Bad input on the command line: one line that says what and where, one hint, exit 2, nothing printed, nothing written. */
import { afterAll, describe, expect, test } from 'vitest'
import { configText, type Ended, Installation, Project, type RunOptions } from './installation.ts'

const installation = new Installation()
afterAll(() => installation.remove())

type Files = Readonly<Record<string, string | Uint8Array>>

/** Runs `rappel` in a folder with these files, which must be as before when it ends. */
async function inFolder(files: Files, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const project = new Project(files)
  try {
    const before = project.snapshot()
    const ended = await installation.run(args, { cwd: project.folder, ...options })
    expect(project.snapshot()).toEqual(before)
    return ended
  } finally {
    project.remove()
  }
}

/** Expects bad usage or bad input: these lines on standard error and nothing else. */
async function expectRefused(files: Files, args: readonly string[], message: string | RegExp, hint?: string) {
  const { status, stdout, stderr } = await inFolder(files, args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  if (typeof message === 'string') expect(stderr).toBe(`rappel: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`)
  else expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n\s+at /)
}

const refuses = (config: string, message: string | RegExp, hint?: string, files: Files = {}) =>
  expectRefused({ 'rappel.config.ts': config, ...files }, ['train'], message, hint)

describe('data', () => {
  const rows = (inputs: string, targets: string, more = '') =>
    configText({ data: `dataset({ name: 'points', inputs: ${inputs}, targets: ${targets}${more} })` })

  test('NaN in a data set', () =>
    refuses(
      rows('[[1, 2], [3, Number.NaN]]', '[0, 1]'),
      'rappel.config.ts:4: points: inputs hold one value that is not finite in float32: NaN at row 1, feature 1',
      'leave out the rows that lack a value, or fill the gaps before making the data set',
    ))
  test('a label out of range', () =>
    refuses(
      rows('[[1], [2]]', '[0, 5]', ", classes: ['a', 'b']"),
      'rappel.config.ts:4: points: the label of row 1 is 5, expected 0 to 1 (2 classes)',
      'labels count from 0; correct the row, or name all classes in classes',
    ))
  test('a negative label', () =>
    refuses(
      rows('[[1], [2]]', '[0, -1]'),
      'rappel.config.ts:4: points: the label of row 1 is -1, expected a class index from 0 up',
      'labels count from 0; correct the row, or name all classes in classes',
    ))
  test('no rows', () =>
    refuses(
      rows('[]', '[]'),
      'rappel.config.ts:4: points is empty: inputs have the shape [0]',
      'give at least one row with one feature',
    ))
  test('inputs and targets of different lengths', () =>
    refuses(
      rows('[[1], [2]]', '[0]'),
      'rappel.config.ts:4: points has 2 rows of inputs and 1 rows of targets',
      'every row of inputs needs exactly one row of targets',
    ))

  const csv = (text: string) => [configText({ data: "csv('data.csv')" }), { 'data.csv': text }] as const
  test('NaN in a CSV', () => {
    const [config, files] = csv('a,b\n1,0\nNaN,1\n')
    return refuses(
      config,
      'data.csv:3: column \'a\' is "NaN", a missing value, expected a number',
      'fill the gap, remove the line, or leave the column out with ignore',
      files,
    )
  })
  test('a broken line in a CSV', () => {
    const [config, files] = csv('a,b,c\n1,2,0\n3,1\n')
    return refuses(
      config,
      "data.csv:3: 2 fields, expected 3 ('a' to 'c')",
      "the line ends before column 'c': complete it, or remove it",
      files,
    )
  })
  test('an empty CSV', () => {
    const [config, files] = csv('')
    return refuses(config, 'data.csv is empty, expected lines of comma-separated values', undefined, files)
  })
  test('a CSV that is not there', () =>
    refuses(configText({ data: "csv('data.csv')" }), /^rappel: data\.csv does not exist\n {2}looked in \S+\n$/))
})

describe('shapes', () => {
  test('a dense layer on images', () =>
    refuses(
      configText({
        data: "dataset({ inputs: { dtype: 'float32', shape: [10, 2, 2], data: new Float32Array(40) }, targets: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1] })",
      }),
      'rappel.config.ts: the net gives float32[2,2,10] for 2 examples, and the data have 2 classes, expected float32[2,2]',
      'put nn.flatten() in front of the last dense layer',
    ))
  test('a dense layer on images with channels', () =>
    refuses(
      configText({
        data: "dataset({ inputs: { dtype: 'float32', shape: [10, 1, 2, 2], data: new Float32Array(40) }, targets: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1] })",
      }),
      'rappel.config.ts: dense takes [batch, features] or [batch, length, features], got float32[2,1,2,2]',
      'put nn.flatten() in front of it',
    ))
  test('more outputs than classes', () =>
    refuses(
      configText({ model: 'nn.dense(7)' }),
      'rappel.config.ts: the net gives float32[2,7] for 2 examples, and the data have 10 classes, expected float32[2,10]',
      'let the last layer be nn.dense(10)',
    ))
  test('a loss for another task', () =>
    refuses(
      configText({ loss: 'loss.squaredError()' }),
      'the loss squaredError is for regression, the data digits (training part) are for classification',
      'use loss.softmaxCrossEntropy()',
    ))
})

describe('model files', () => {
  const exported = (content: string | Uint8Array, message: string | RegExp, hint?: string) =>
    expectRefused({ 'other.onnx': content }, ['export', 'other.onnx', '--out', 'copy.onnx'], message, hint)
  /** A protobuf field of wire type 2. */
  const field = (number: number, ...content: (string | readonly number[])[]): number[] => {
    const bytes = content.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part)] : part))
    return [(number << 3) | 2, bytes.length, ...bytes]
  }
  const type = field(2, field(1, [8, 1], field(2, field(1, [8, 1]), field(1, [8, 2]))))
  /** ModelProto: ir_version 10, opset 21, a graph with one node y = op(x). */
  const model = (op: string) =>
    Uint8Array.from([
      8,
      10,
      ...field(8, [16, 21]),
      ...field(
        7,
        field(1, field(1, 'x'), field(2, 'y'), field(3, 'twist'), field(4, op)),
        field(2, 'g'),
        field(11, field(1, 'x'), type),
        field(12, field(1, 'y'), type),
      ),
    ])

  test('an operator that does not exist', () =>
    exported(
      model('Frobnicate'),
      /^rappel: other\.onnx: node 'twist' is a Frobnicate, which Rappel does not know yet\n {2}known are: Abs, .*Where\n$/,
    ))
  test('the same file with a known operator is exported', async () => {
    const project = new Project({ 'other.onnx': model('Relu') })
    const { status, stderr } = await installation.run(['export', 'other.onnx', '--out', 'copy.txt'], {
      cwd: project.folder,
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(project.text('copy.txt')).toMatch(/relu/i)
    project.remove()
  })
  test('cut in half', () =>
    exported(
      model('Relu').slice(0, 40),
      'other.onnx: its 40 bytes are not a whole ONNX model (premature EOF)',
      'the file is cut or damaged: copy or export it again',
    ))
  test('text instead of a model', () =>
    exported(
      'epochs,loss\n1,2\n',
      'other.onnx: the file is a text file (it begins with "epochs,loss"), expected an ONNX model',
      'give the .onnx file',
    ))
  test('empty', () =>
    exported(
      '',
      'other.onnx: the file is empty, expected an ONNX model',
      'the file is cut or damaged: copy or export it again',
    ))
  test('not there', () =>
    expectRefused(
      {},
      ['export', 'gone.onnx'],
      "there is no run or file 'gone.onnx'",
      'there are no runs in this folder',
    ))
  test('no run yet', () =>
    expectRefused(
      {},
      ['export'],
      'there is no run in this folder',
      'train first: rappel train, or name a model file: rappel export model.onnx',
    ))
})

describe('the runtime', () => {
  test('is not installed', async () => {
    const bare = new Installation({ without: ['onnxruntime-node'] })
    const project = new Project()
    try {
      const ended = await bare.run(['demo'], { cwd: project.folder })
      expect(ended).toEqual({
        status: 2,
        signal: null,
        stdout: '',
        stderr: 'rappel: onnxruntime-node is not installed\n  run `npm install onnxruntime-node`\n',
      })
      expect(project.snapshot()).toEqual({})
    } finally {
      bare.remove()
      project.remove()
    }
  })
  test('an unknown provider', () =>
    refuses(
      configText({ provider: "'cdua' as 'cuda'" }),
      'rappel.config.ts:3: provider is "cdua", expected one of "cpu", "cuda", "webgpu", "coreml", "dml"',
      "did you mean 'cuda'?",
    ))
  test('a provider of another system', () => {
    const [provider, hint] =
      process.platform === 'win32'
        ? ['coreml', 'CoreML exists on macOS only; leave the provider out to use the CPU']
        : ['dml', 'DirectML exists on Windows only; leave the provider out to use the CPU']
    return refuses(
      configText({ provider: `'${provider}'` }),
      new RegExp(
        `^rappel: the provider is '${provider}', expected one that this onnxruntime-node has: cpu.*\\n  ${hint}\\n$`,
      ),
    )
  })
  test('a provider whose libraries are not installed', () =>
    refuses(
      configText({ provider: "'cuda'" }),
      /^rappel: the provider (is 'cuda', expected one that|'cuda' does not work on this machine: ).*\n {2}CUDA exists on Linux x64 with an NVIDIA card: .*\n$/,
    ))
})

describe('usage', () => {
  test('a mistyped command', () => expectRefused({}, ['trian'], "there is no command 'trian'", "did you mean 'train'?"))
  test('a mistyped option', () =>
    expectRefused({}, ['demo', '--sede', '3'], "demo has no option '--sede'", "did you mean '--seed'?"))
  test('an option without its value', () =>
    expectRefused({}, ['demo', '--seed'], '--seed lacks its value, expected --seed <n>'))
  test('a word too many', () =>
    expectRefused(
      {},
      ['demo', 'digits'],
      "'digits' is a word too many: rappel demo [options]",
      'rappel demo --help tells more',
    ))
  const words: [string, string[], string, string?][] = [
    [
      'an unknown command',
      ['frobnicate'],
      "there is no command 'frobnicate'",
      'expected one of: demo, train, race, check, diagnose, ui, report, init, export, runs',
    ],
    [
      'an option for a command',
      ['--json', 'demo'],
      "'--json' stands where a command should",
      'rappel COMMAND [options], with one of: demo, train, race, check, diagnose, ui, report, init, export, runs',
    ],
    [
      'a short option',
      ['demo', '-s', '3'],
      "demo has no option '-s'",
      'expected one of: --seed, --threads, --out, --store, --json, --events, --ui',
    ],
    ['a negated option', ['demo', '--no-json'], "demo has no option '--no-json'", "did you mean '--json'?"],
    [
      'a word behind two dashes',
      ['demo', '--', 'digits'],
      "'digits' is a word too many: rappel demo [options]",
      'rappel demo --help tells more',
    ],
    ['an option twice', ['demo', '--seed', '1', '--seed', '2'], '--seed stands there twice, expected once'],
    ['an option with an empty value', ['demo', '--seed='], '--seed lacks its value, expected --seed <n>'],
    ['an option in place of a value', ['demo', '--out', '--json'], '--out lacks its value, expected --out <folder>'],
    ['a switch with a value', ['demo', '--json=no'], "--json takes no value, got 'no'"],
    [
      'a seed beyond exact numbers',
      ['demo', '--seed', '99999999999999999999'],
      '--seed is 100000000000000000000, expected a whole number from 0 up',
    ],
    [
      'a check and none',
      ['train', '--check', '--no-check'],
      '--check and --no-check cannot stand together',
      'leave out one of them',
    ],
    ['trials with a value', ['train', '--probe=3'], "--probe takes no value, got '3'"],
    ['a seed in powers', ['demo', '--seed', '1e3'], '--seed is "1e3", expected a whole number from 0 up'],
    [
      'a folder without configuration',
      ['train', '--config', '.'],
      'there is no rappel.config.ts in .',
      'make a project with `rappel init DIR`, or name the file with --config FILE',
    ],
    [
      'a configuration of another kind',
      ['train', '--config', 'notes.txt'],
      "--config is 'notes.txt', expected a file of TypeScript or JavaScript",
      'such as rappel.config.ts',
    ],
    [
      '--out that is a file',
      ['demo', '--out', 'notes.txt'],
      "the run cannot be written to notes.txt: EEXIST: file already exists, mkdir 'notes.txt'",
      'name a folder with --out',
    ],
    ['an unknown format', ['export', '--format', 'onxx'], "--format is 'onxx'", "did you mean 'onnx'?"],
    [
      'an unknown ending',
      ['export', '--out', 'model.pt'],
      'the ending of model.pt names no format, expected one of: .onnx, .safetensors, .txt',
      'say the format with --format',
    ],
    [
      'an empty project name',
      ['init', ''],
      'expected: rappel init <folder> [options]',
      'rappel init --help tells more',
    ],
  ]
  test.each(words)('%s', (_name, args, message, hint) => expectRefused({ 'notes.txt': 'mine' }, args, message, hint))
  test.runIf(process.platform === 'linux')('--out where no folder can be', () =>
    expectRefused(
      {},
      ['demo', '--out', '/proc/none/run'],
      "the run cannot be written to /proc/none/run: ENOENT: no such file or directory, mkdir '/proc/none'",
      'name a folder with --out',
    ),
  )
  test('--seed nonsense', () =>
    expectRefused({}, ['demo', '--seed', 'many'], '--seed is "many", expected a whole number from 0 up'))
  test('--seed -1', () =>
    expectRefused({}, ['demo', '--seed', '-1'], '--seed is "-1", expected a whole number from 0 up'))
  test('--threads 0', () =>
    expectRefused({}, ['demo', '--threads', '0'], '--threads is 0, expected a whole number from 1 to 256'))
  test('--threads 1e9', () =>
    expectRefused(
      {},
      ['demo', '--threads', '1000000000'],
      '--threads is 1000000000, expected a whole number from 1 to 256',
    ))
  test('--out where a file is in the way', () =>
    expectRefused(
      { taken: '' },
      ['demo', '--out', 'taken/run'],
      "the run cannot be written to taken/run: ENOTDIR: not a directory, mkdir 'taken/run'",
      'name a folder with --out',
    ))
  test('init where something is', () =>
    expectRefused(
      { 'mine/notes.txt': 'x' },
      ['init', 'mine'],
      'mine is not empty',
      'choose a new folder, so that nothing of yours is overwritten',
    ))
  test('init without a folder', () =>
    expectRefused({}, ['init'], 'expected: rappel init <folder> [options]', 'rappel init --help tells more'))
  test('no project here', () =>
    expectRefused(
      {},
      ['train'],
      'there is no rappel.config.ts in this folder',
      'make a project with `rappel init DIR`, or name the file with --config FILE',
    ))
  test('--config that is not there', () =>
    expectRefused(
      {},
      ['train', '--config', 'gone.ts'],
      'there is no file gone.ts',
      'give the path of a configuration file, or make a project: rappel init DIR',
    ))
})

describe('configurations', () => {
  test('a mistyped field', () =>
    refuses(
      configText({ epochs: undefined, epoch: '3' }),
      "rappel.config.ts:3: the configuration has an unknown field 'epoch'",
      "did you mean 'epochs'?",
    ))
  test('a missing field', () =>
    refuses(
      configText({ loss: undefined }),
      "rappel.config.ts:3: the configuration lacks 'loss'",
      'it needs: data, model, loss, update, epochs, batchSize',
    ))
  test('a mistyped import', () =>
    refuses(
      `import { defineConfg } from 'rappel'\nexport default defineConfg({})\n`,
      "rappel.config.ts:1: 'defineConfg' is imported, which rappel does not have",
      "did you mean 'defineConfig'?",
    ))
  test('a mistyped package', () =>
    refuses(
      `import { digits } from 'rappel/dta'\nexport default digits\n`,
      "rappel.config.ts: 'rappel/dta' is imported, which is not there",
      "did you mean 'rappel/data'?",
    ))
  test('a mistyped method', () =>
    refuses(
      configText({ model: 'nn.dens(10)' }),
      'rappel.config.ts:5: nn.dens is not a function',
      "did you mean 'nn.dense'?",
    ))
  test('a mistyped hyperparameter', () =>
    refuses(
      configText({ hyper: '{ hidden: 5 }', model: '(h) => nn.dense(h.hiden)' }),
      "rappel.config.ts:5: hyper has no 'hiden'",
      "did you mean 'hidden'?",
    ))
  test('a syntax error', () =>
    refuses(
      'export default {{\n',
      'rappel.config.ts:1: SyntaxError: Unexpected token `{`. Expected identifier, string literal, numeric literal or [ for the computed key',
    ))
  test('code that throws', () => refuses(`\nthrow new Error('no luck')\n`, 'rappel.config.ts:2: Error: no luck'))
  test('no default export', () =>
    refuses(
      'export const config = {}\n',
      'rappel.config.ts: there is no default export',
      'write: export default defineConfig({ … })',
    ))
  test('epochs as text', () =>
    refuses(
      configText({ epochs: "'20' as unknown as number" }),
      'rappel.config.ts:3: epochs is "20", expected a whole number from 1 up',
    ))
  test('batchSize 0', () =>
    refuses(configText({ batchSize: '0' }), 'rappel.config.ts:3: batchSize is 0, expected a whole number from 1 up'))
  test('validation 2 of 2 rows', () =>
    refuses(
      configText({ data: 'dataset({ inputs: [[1], [2]], targets: [0, 1] })', validation: '2' }),
      'the data set has 2 rows: 2 for validation leave none for training',
      'make the parts smaller, or give more data',
    ))
  test('validation -1', () =>
    refuses(
      configText({ validation: '-1' }),
      'rappel.config.ts:3: validation is -1, expected a share between 0 and 1, or a whole number of rows',
    ))
  test('a negative learning rate', () =>
    refuses(
      configText({ update: 'optim.sgd({ learningRate: -1 })' }),
      'rappel.config.ts:7: learningRate is -1, expected a number above 0',
    ))
})
