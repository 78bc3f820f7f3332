/** @file Configuration files as people write them: what loads, and what is said of the user's code when it does not. */
import { afterAll, describe, expect, test } from 'vitest'
import { configText, Installation, Project } from './installation.ts'

const cli = new Installation()
afterAll(() => cli.remove())

async function train(files: Record<string, string>, ...args: string[]) {
  const project = new Project(files)
  try {
    return await cli.run(['train', '--json', ...args], { cwd: project.folder })
  } finally {
    project.remove()
  }
}

describe('what loads (in a folder without node_modules)', () => {
  const parts = 'export const units: number = 10\n'
  const plain = configText().replace(/^import .*\n/gm, '')
  const cases: [string, Record<string, string>, string[]][] = [
    ['JavaScript', { 'rappel.config.js': configText() }, []],
    ['JavaScript that says .mjs', { 'rappel.config.mjs': configText() }, []],
    ['TypeScript that says .mts', { 'rappel.config.mts': configText() }, []],
    [
      'beside a package.json for CommonJS',
      { 'package.json': '{"type":"commonjs"}', 'rappel.config.mts': configText() },
      [],
    ],
    [
      'CommonJS',
      {
        'net.cjs': `const { defineConfig, loss, nn, optim } = require('rappel')
const { digits } = require('rappel/data')
${plain.replace('export default', 'module.exports =')}`,
      },
      ['--config', 'net.cjs'],
    ],
    [
      'a plain object, without defineConfig',
      { 'rappel.config.ts': configText().replace('defineConfig({', '({').replace('defineConfig, ', '') },
      [],
    ],
    [
      'a name with spaces in a folder with spaces',
      { 'my nets/first net.ts': configText() },
      ['--config', 'my nets/first net.ts'],
    ],
    ['a folder', { 'net/rappel.config.ts': configText() }, ['--config', 'net']],
    [
      "TypeScript's enum",
      { 'rappel.config.ts': configText({ model: 'nn.dense(Size.ten)' }, 'enum Size { ten = 10 }\n') },
      [],
    ],
    ...['./parts.ts', './parts', './parts.js'].map((path): [string, Record<string, string>, string[]] => [
      `an import of ${path}`,
      {
        'parts.ts': parts,
        'rappel.config.ts': configText({ model: 'nn.dense(units)' }, `import { units } from '${path}'\n`),
      },
      [],
    ]),
    [
      'an enum in a file that it imports',
      {
        'parts.ts': 'export enum Size { ten = 10 }\n',
        'rappel.config.ts': configText({ model: 'nn.dense(Size.ten)' }, "import { Size } from './parts.ts'\n"),
      },
      [],
    ],
    ['data that are waited for', { 'rappel.config.ts': configText({ data: 'await Promise.resolve(digits())' }) }, []],
    ['data that are read late', { 'rappel.config.ts': configText({ data: '{ load: async () => digits() }' }) }, []],
    ['a timer that nobody stops', { 'rappel.config.ts': configText({}, 'setInterval(() => {}, 1e6)\n') }, []],
    [
      'fields by functions',
      {
        'rappel.config.ts': configText({
          hyper: '{ n: 1, size: 100 }',
          epochs: '(h) => h.n',
          batchSize: '({ size }) => size',
        }),
      },
      [],
    ],
    [
      'hyperparameters printed',
      {
        'rappel.config.ts': configText({
          hyper: '{ n: 1 }',
          epochs: '(h) => (console.log(h, JSON.stringify(h)), h.n)',
        }),
      },
      [],
    ],
  ]
  test.each(cases)('%s', async (_name, files, args) => {
    const { status, stdout, stderr } = await train(files, ...args)
    expect(status, `${stderr}`).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, steps: 15 })
    expect(stderr).not.toMatch(/warning/i)
  })
})

test('what the command line says goes before the configuration', async () => {
  const files = { 'rappel.config.ts': configText({ seed: '3', threads: '1' }) }
  const { stdout } = await train(files, '--seed', '5', '--threads', '2')
  expect(JSON.parse(stdout)).toMatchObject({ seed: 5, start: { seed: 5, threads: 2 } })
  expect(JSON.parse((await train(files)).stdout)).toMatchObject({ seed: 3, start: { threads: 1 } })
})

test('what a configuration prints goes to standard error', async () => {
  const { stdout, stderr } = await train({ 'rappel.config.ts': configText({}, "console.log('hello')\n") })
  expect(JSON.parse(stdout).schema).toBe(1)
  expect(stderr).toMatch(/^hello\n/)
})

describe("what is wrong in the user's code", () => {
  const cases: [string, string | Record<string, string>, string][] = [
    [
      'a syntax error beside an enum',
      'enum A { b }\n\nexport default {{\n',
      'rappel.config.ts:3: SyntaxError: Unexpected token `{`. Expected identifier, string literal, numeric literal or [ for the computed key\n',
    ],
    ['an error beside an enum', "enum A { b }\n\nthrow new Error('no luck')\n", 'rappel.config.ts:3: Error: no luck\n'],
    ['an error of several lines', "throw new Error('no luck\\nat all')\n", 'rappel.config.ts:1: Error: no luck\n'],
    ['something else thrown', "throw 'no luck'\n", 'rappel.config.ts: no luck was thrown\n'],
    [
      'a rejection that nobody waits for',
      "Promise.reject(new Error('lost'))\nawait new Promise(() => {})\n",
      'rappel.config.ts:1: Error: lost\n',
    ],
    [
      'an error in a timer',
      "setTimeout(() => {\n  throw new Error('late')\n})\nawait new Promise(() => {})\n",
      'rappel.config.ts:2: Error: late\n',
    ],
    [
      'another default',
      'export default 3\n',
      'rappel.config.ts: the configuration is 3, expected an object\n  export default defineConfig({ … })\n',
    ],
    [
      'a list',
      'export default []\n',
      'rappel.config.ts: the configuration is [], expected an object\n  export default defineConfig({ … })\n',
    ],
    [
      'a name that is not imported',
      'const data = digits()\nexport default data\n',
      "rappel.config.ts:1: digits is not defined\n  write: import { digits } from 'rappel/data'\n",
    ],
    [
      'a name that is in a group',
      'const rule = adam({})\nexport default rule\n',
      "rappel.config.ts:1: adam is not defined\n  it is optim.adam: import { optim } from 'rappel'\n",
    ],
    [
      'an import from the wrong part',
      "import { digits } from 'rappel'\nexport default digits\n",
      "rappel.config.ts:1: 'digits' is imported, which rappel does not have\n  write: import { digits } from 'rappel/data'\n",
    ],
    [
      'an import of what is in a group',
      "\nimport { adam } from 'rappel'\nexport default adam\n",
      "rappel.config.ts:2: 'adam' is imported, which rappel does not have\n  it is optim.adam: import { optim } from 'rappel'\n",
    ],
    [
      'a file that is not there',
      "import { a } from './a.ts'\nexport default a\n",
      "rappel.config.ts: 'a.ts' is imported, which is not there\n  check the path\n",
    ],
    [
      'a package that is not there',
      "import { a } from 'not-there'\nexport default a\n",
      "rappel.config.ts: 'not-there' is imported, which is not there\n  check the name, or install the package: npm install not-there\n",
    ],
    [
      'a mistyped group',
      configText({ loss: 'los.softmaxCrossEntropy()' }),
      "rappel.config.ts:6: los is not defined\n  did you mean 'loss'?\n",
    ],
    [
      'a mistyped update rule',
      configText({ update: 'optim.momentun({ learningRate: 0.1 })' }),
      "rappel.config.ts:7: optim.momentun is not a function\n  did you mean 'optim.momentum'?\n",
    ],
    [
      'a layer of its own that fails',
      configText({ model: "nn.functional('own', (x) => x.size.x)" }),
      "rappel.config.ts:5: TypeError: Cannot read properties of undefined (reading 'x')\n",
    ],
    [
      'units that are undefined',
      configText({ model: 'nn.dense(undefined)' }),
      'rappel.config.ts:5: units is undefined, expected a whole number from 1 up\n',
    ],
    [
      'a layer that is none',
      configText({ model: "'dense'" }),
      'rappel.config.ts:3: model is "dense", expected a layer such as nn.sequential(…)\n',
    ],
    [
      'a function that gives no layer',
      configText({ model: '() => undefined' }),
      'rappel.config.ts: model is undefined, expected a layer such as nn.sequential(…)\n',
    ],
    [
      'a function that gives half an epoch',
      configText({ epochs: '() => 0.5' }),
      'rappel.config.ts: epochs is 0.5, expected a whole number from 1 up\n',
    ],
    [
      'a penalty that is none',
      configText({ penalty: '1e-4' }),
      'rappel.config.ts:3: penalty is 0.0001, expected a penalty such as penalty.l2(1e-4)\n',
    ],
    [
      'hyperparameters that are none',
      configText({ hyper: '[1]' }),
      'rappel.config.ts:3: hyper is [1], expected an object: each hyperparameter by its name\n',
    ],
    [
      'a hyperparameter where there is none',
      configText({ model: '(h) => nn.dense(h.hidden)' }),
      "rappel.config.ts:5: hyper has no 'hidden'\n  write hyper: { hidden: … } into the configuration\n",
    ],
    [
      'a default outside its range',
      configText({ hyper: '{ a: space.uniform(0, 1, { default: 2 }) }' }),
      'rappel.config.ts:10: uniform: default is 2, expected a number in [0, 1]\n',
    ],
    [
      'a model without parameters',
      configText({
        data: 'dataset({ inputs: [[1, 2], [3, 4], [5, 6], [7, 8], [9, 0]], targets: [0, 1, 0, 1, 0] })',
        model: 'nn.relu()',
      }),
      'rappel.config.ts: the model has no parameters, so there is nothing to train\n  add a layer such as nn.dense(10)\n',
    ],
    [
      'a promise for data',
      configText({ data: "readCsv('x.csv')" }),
      "rappel.config.ts:3: data is an object of Promise, expected a data set such as digits() or csv('file.csv')\n  write: data: await …\n",
    ],
    [
      'an error in a file that it imports',
      {
        'rappel.config.ts': "import { a } from './parts/a.ts'\nexport default a\n",
        'parts/a.ts': '\n\nexport const a = [].b.c\n',
      },
      "parts/a.ts:3: TypeError: Cannot read properties of undefined (reading 'c')\n",
    ],
    [
      'a syntax error in a file that it imports',
      {
        'rappel.config.ts': "import { a } from './parts/a.ts'\nexport default a\n",
        'parts/a.ts': '\nexport const a = = 1\n',
      },
      'parts/a.ts:2: SyntaxError: Expression expected\n',
    ],
  ]
  test.each(cases)('%s', async (_name, files, expected) => {
    const { status, stdout, stderr } = await train(typeof files === 'string' ? { 'rappel.config.ts': files } : files)
    expect(stderr).toBe(`rappel: ${expected}`)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })

  test('it ends the process', async () => {
    const { status, stderr } = await train({ 'rappel.config.ts': 'process.exit(0)\n' })
    expect([status, stderr]).toEqual([
      1,
      'rappel: the process that trains ended by itself (exit status 0)\n' +
        '  does the configuration end the process? if not, please report it with what RAPPEL_DEBUG=1 prints\n',
    ])
  })
})
