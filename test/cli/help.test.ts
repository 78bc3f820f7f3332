/** @file The texts that a person asks for: help and version. */
import { afterAll, describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { Installation } from './installation.ts'

const cli = new Installation()
afterAll(() => cli.remove())

async function said(...args: string[]) {
  const { status, stdout, stderr } = await cli.run(args)
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

test('without a command: what there is', async () => {
  const text = await said()
  expect(text.replace(/^rappel \S+/, 'rappel X')).toMatchInlineSnapshot(`
    "rappel X trains neural networks on ONNX graphs and shows whether the training is right

      rappel demo             check and train a small net on the built-in digits and report
      rappel train            train the project in this folder
      rappel race             race update rules on the project in this folder, each at its own best rate
      rappel check            check gradients, data, loss and net of the project in this folder
      rappel diagnose [run]   say what is wrong with a run, how sure that is, and what to do next
      rappel ui               show the runs in a browser, live
      rappel report [run...]  write runs as one HTML file (default: the newest run)
      rappel init <folder>    make a project to start from
      rappel export [run]     write a run's model elsewhere or in another form
      rappel runs             list the runs that are recorded; show, compare, delete, import them

    rappel COMMAND --help tells what a command takes.
    "
  `)
  expect(await said('--help')).toBe(text)
  expect(await said('-h')).toBe(text)
  expect(await said('help')).toBe(text)
})

test('of one command', async () => {
  const text = await said('train', '--help')
  expect(text).toMatchInlineSnapshot(`
    "rappel train [options]: train the project in this folder

      --config <file>  the configuration, or its folder (default: rappel.config.ts)
      --resume <run>   go on with a run that was stopped: its id, its folder, or 'last'
      --find-rate      train nothing, but try which learning rate to begin with
      --check          check the gradients first, and whether a few examples can be learned by heart
      --no-check       leave out the quick checks that are made before every training
      --probe          try other rates, shuffled targets and one batch for some steps first
      --seed <n>       the seed of all chance: data order, first values, dropout
      --threads <n>    threads within one operator (default: by the size of the net)
      --out <folder>   where to write the run (default: a new folder in .rappel/runs)
      --store <file>   where runs are recorded (default: RAPPEL_STORE, or .rappel/runs.sqlite)
      --json           print the final document as JSON
      --events         print every event as a line of JSON while it happens
      --ui             show it in a browser while it goes on, and until Ctrl-C

    example: rappel train --config other.config.ts --json
    "
  `)
  expect(await said('help', 'train')).toBe(text)
  expect(await said('train', '--seed', '-h')).toBe(text)
})

describe('every command', () => {
  test.each(Object.keys(commands))('%s has a help that names each of its options', async (name) => {
    const text = await said(name, '--help')
    for (const option of Object.keys(commands[name].options)) expect(text).toMatch(new RegExp(`^  --${option}\\b`, 'm'))
    expect(text).toContain(commands[name].example)
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100)
  })
})

test('version', async () => {
  expect(await said('--version')).toMatch(/^rappel \d+\.\d+\.\d+, Node \d+\.\d+\.\d+\n$/)
  expect(await said('-v')).toBe(await said('--version'))
})
