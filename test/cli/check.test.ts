/** @file `rappel check`, and the check before the demo. */
import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import type { TensorReport } from '../../src/check/report.ts'
import { sanityCheckNames } from '../../src/check/sanity/report.ts'
import { statusOf } from '../../src/cli/check-command.ts'
import type { CheckDocument } from '../../src/cli/check-document.ts'
import { checkLines, checkText } from '../../src/cli/check-report.ts'
import { configText, ending, Installation, Project } from './installation.ts'

const cli = new Installation()
const projects: Project[] = []
afterAll(() => {
  cli.remove()
  for (const made of projects) made.remove()
})

function project(config: string): string {
  const made = new Project({ 'rappel.config.ts': config })
  projects.push(made)
  return made.folder
}

const net = { model: 'nn.sequential(nn.dense(6), nn.tanh(), nn.dense(10))', penalty: 'penalty.l2(1e-3)' }

describe('a right project', () => {
  test('a table by parameter, and the exit status 0', async () => {
    const { status, stdout, stderr } = await cli.run(['check'], { cwd: project(configText(net)) })
    expect([status, stderr]).toEqual([
      0,
      [
        'checking the data loss as initialised',
        'checking the penalty as initialised',
        'checking the data loss after 20 steps of training',
        'checking the penalty after 20 steps of training',
        'checking the data',
        'checking the loss and the net',
        'learning a few examples by heart\n',
      ].join('\n'),
    ])
    expect(stdout).toMatch(
      /^\ndigits: gradients of softmaxCrossEntropy and l2\(0.001\), 460 parameters, 3 examples, as init/,
    )
    expect(stdout).toMatch(/^parameter +shape +checks +zero +kinks +worst band +rel. error +float32 +verdict$/m)
    for (const name of ['dense1.weight', 'dense1.bias', 'dense2.weight', 'dense2.bias'])
      expect(stdout).toMatch(new RegExp(`^${name} .* pass$`, 'm'))
    expect(stdout).toMatch(/\npass The gradients are right: as initialised and after 20 steps of training\.\n/)
    expect(stdout).toMatch(/\nbefore learning: 10 passed, in \d+\.\d\d s\n/)
    for (const name of sanityCheckNames) expect(stdout).toMatch(new RegExp(`^${name} +pass `, 'm'))
    expect(stdout).toMatch(/\n\npass Nothing speaks against training\.\n$/)
    expect(stdout).not.toContain('\x1b')
  })
  test('--json: one document, each of its fields documented', async () => {
    const folder = project(configText(net))
    const { status, stdout } = await cli.run(['check', '--json', '--seed', '3', '--fast'], { cwd: folder })
    expect(status).toBe(0)
    const document: CheckDocument = JSON.parse(stdout)
    expect(document).toMatchObject({
      schema: 1,
      verdict: 'pass',
      seed: 3,
      data: 'digits',
      parameters: 460,
      examples: 3,
    })
    expect(document.points.map(({ steps }) => steps)).toEqual([0, 20])
    const documentation = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8')
    const undocumented = [...new Set(names(document))].filter((name) => !documentation.includes(`\`${name}\``))
    expect(undocumented.filter((name) => !documentation.includes(`.${name}\``))).toEqual([])
  })
  test('colours where they are asked for', async () => {
    const { stdout } = await cli.run(['check'], { cwd: project(configText(net)), env: { FORCE_COLOR: '1' } })
    expect(stdout).toContain('\x1b[32mpass\x1b[39m')
  })
})

/** The names of all fields, at any depth; what is evidence has names of its own. */
function names(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(names)
  return Object.entries(value).flatMap(([name, inner]) => [name, ...(name === 'evidence' ? [] : names(inner))])
}

test('a project with a fault: a line in the table, what to do, and the exit status 1', async () => {
  const folder = project(
    configText(
      { ...net, data: 'data', loss: 'own' },
      [
        "import { op } from 'rappel/graph'",
        'const softmax = loss.softmaxCrossEntropy()',
        'const own = { ...softmax, perExample: (output, target) => op.mul(softmax.perExample(output, target), 10) }',
        'const { inputs, targets } = digits()',
        "const data = dataset({ inputs, targets, task: 'classification' })",
        '',
      ].join('\n'),
    ),
  )
  const { status, stdout } = await cli.run(['check'], { cwd: folder })
  expect(status).toBe(1)
  expect(stdout).toMatch(/^loss +fail +loss-reduction: /m)
  expect(stdout).toContain('\nfail loss-reduction (loss)\n  expected  ')
  expect(stdout).toContain('The loss is 10 times what it should be.')
  expect(stdout).toMatch(/\nfail loss-reduction: see above\.\n$/)
})

describe('bad usage', () => {
  test.each([
    [['--exampels', '3'], "check has no option '--exampels'"],
    [['--examples', 'none'], '--examples is "none", expected a whole number from 1 up'],
    [['--all', '--fast'], '--all and --fast are given, expected one of them'],
    [['--seed', 'x'], '--seed is "x", expected a whole number from 0 up'],
  ])('%s', async (args, message) => {
    const { status, stdout, stderr } = await cli.run(['check', ...args], { cwd: project(configText()) })
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`rappel: ${message}`)
  })
  test('without a project', async () => {
    const { status, stderr } = await cli.run(['check'])
    expect([status, stderr.split('\n')[0]]).toEqual([2, expect.stringContaining('rappel.config.ts')])
  })
})

test('Ctrl-C ends it', async () => {
  const folder = project(
    configText({ model: 'nn.sequential(nn.dense(300), nn.tanh(), nn.dense(300), nn.tanh(), nn.dense(10))' }),
  )
  const child = cli.start(['check', '--all'], { cwd: folder, group: true })
  const ended = ending(child)
  await new Promise((resolve) => child.stderr?.once('data', resolve))
  process.kill(-(child.pid as number), 'SIGINT')
  const { status, stdout, stderr } = await ended
  expect([status, stdout]).toEqual([130, ''])
  expect(stderr).toContain('rappel: stopped before the check was done\n')
})

test('the demo says that its gradients were checked', async () => {
  const folder = project('')
  const { status, stdout, stderr } = await cli.run(['demo', '--events'], { cwd: folder })
  expect(status).toBe(0)
  expect(stderr).toMatch(/^gradient check: pass, 7,510 parameters in \d+\.\d\d s\nsanity checks: pass, 9 passed in /)
  expect(JSON.parse(stdout.split('\n')[0])).toMatchObject({ type: 'check', schema: 1, verdict: 'pass' })
})

test('only what is wrong is a failure', () => {
  const status = (verdict: CheckDocument['verdict'], ofSanity: 'pass' | 'warning' | 'fail') =>
    statusOf({ verdict, sanity: { verdict: ofSanity, words: '', findings: [], seconds: 0 } })
  expect([status('pass', 'pass'), status('inconclusive', 'warning')]).toEqual([0, 0])
  expect([status('fail', 'pass'), status('pass', 'fail')]).toEqual([1, 1])
})

describe('the text of a failure', () => {
  const bands = { happy: 3, fine: 0, uncomfortable: 0, wrong: 0, zero: 1, noise: 0, kink: 0, jump: 0, 'non-finite': 0 }
  const right: TensorReport = {
    name: 'dense1.bias',
    shape: [4],
    size: 4,
    verdict: 'pass',
    checked: 4,
    bands,
    relativeError: 3e-10,
    kinks: 0,
    coordinates: [],
    words: 'right',
  }
  const wrong: TensorReport = {
    ...right,
    name: 'dense1.weight',
    shape: [2, 2],
    verdict: 'fail',
    bands: { ...bands, happy: 0, wrong: 3 },
    relativeError: 1 / 3,
    kinks: 2,
    words: 'all 3 entries are wrong.',
    diagnosis: { cause: 'factor', confidence: 0.9, words: 'It is twice what it should be.' },
  }
  const report = {
    verdict: 'fail',
    words: 'dense1.weight is wrong.',
    mode: 'coordinates',
    precision: 'float64',
    loss: 1,
    tensors: [wrong, right],
    bands,
    warnings: [],
    evaluations: { loss: 16, gradient: 1 },
  } as const
  const tensors = [wrong, right].map(({ name }) => ({ name, deviation: 2e-7, verdict: 'pass' as const }))
  const document: CheckDocument = {
    schema: 1,
    verdict: 'fail',
    words: 'Data loss, as initialised: dense1.weight is wrong.',
    seed: 0,
    data: 'blobs',
    loss: 'squaredError',
    parameters: 8,
    examples: 3,
    depth: 1,
    points: [{ steps: 0, data: report, float32: { verdict: 'pass', tensors, kinks: 0, words: 'fine' } }],
    warnings: ['The penalty swamps the data.'],
    seconds: 0.5,
    engine: 'a runtime',
    sanity: {
      verdict: 'warning',
      words: 'Add some.',
      findings: [
        { check: 'inputs', verdict: 'pass', expected: 'some', got: 'some', words: 'Fine.', evidence: {} },
        { check: 'signal', verdict: 'skipped', expected: '', got: '', words: 'Too few rows.', evidence: {} },
        {
          check: 'targets',
          verdict: 'warning',
          code: 'class-imbalance',
          expected: 'both',
          got: 'one',
          words: 'Add some.',
          evidence: {},
        },
      ],
      seconds: 0.25,
    },
  }

  test('names the tensor, what is wrong with it, and what it looks like', () => {
    expect(checkText(document, (_style, text) => text)).toMatchInlineSnapshot(`
      "blobs: gradients of squaredError, 8 parameters, 3 examples, as initialised, in 0.50 s

      parameter      shape  checks  zero  kinks  worst band  rel. error  float32  verdict
      dense1.weight    2×2       4     1      2  wrong             3e-1     2e-7  fail
      dense1.bias        4       4     1      0  happy            3e-10     2e-7  pass

      dense1.weight (data loss, as initialised): all 3 entries are wrong. It is twice what it should be.

      warning The penalty swamps the data.

      fail Data loss, as initialised: dense1.weight is wrong.

      before learning: 1 passed, 1 with a warning, 1 skipped, in 0.25 s

      check    verdict  what came
      inputs   pass     some
      signal   skipped  Too few rows.
      targets  warning  class-imbalance: one

      warning class-imbalance (targets)
        expected  both
        got       one
        Add some.

      warning class-imbalance: see above.
      "
    `)
  })
  test('colours by band and verdict', () => {
    const painted = checkText(document, (style, text) => `<${style}>${text}</>`)
    expect(painted).toContain('<red>wrong     </>')
    expect(painted).toContain('<red>fail</>')
    expect(painted).toContain('<green>happy     </>')
  })
  test('in one line', () => {
    expect(checkLines(document).split('\n')).toEqual([
      'gradient check: fail. Data loss, as initialised: dense1.weight is wrong.',
      'sanity checks: warning, class-imbalance: one. Add some.',
    ])
  })
})
