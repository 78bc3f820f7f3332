/** @file `rappel diagnose` as a new user types it: a recorded run, a file of another program, and what is not there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Installation, Project } from './installation.ts'

const installation = new Installation()
const projects: Project[] = []
afterAll(() => {
  installation.remove()
  for (const made of projects) made.remove()
})

function project(files: Readonly<Record<string, string>> = {}): Project {
  const made = new Project(files)
  projects.push(made)
  return made
}
const rappel = (at: Project, ...args: string[]) => installation.run(args, { cwd: at.folder })

/** A loop that is right: the loss falls as e^(−s/30), and stays at a floor. */
const sound = lines((s) => 2.3 * Math.exp(-s / 30) + 0.1)
/** One that is not: it doubles every step, as gradient descent does beyond its largest rate. */
const diverging = lines((s) => 2.3 * 2 ** s)

function lines(loss: (step: number) => number): string {
  const told = Array.from({ length: 200 }, (_, step) =>
    JSON.stringify({ type: 'log', step, epoch: step / 20, values: { loss: loss(step) } }),
  )
  return `${told.join('\n')}\n`
}

describe('a file of another program', () => {
  let at: Project
  beforeAll(() => {
    at = project({ 'sound.jsonl': sound, 'diverging.jsonl': diverging, 'broken.jsonl': '{"type": "log"}\n' })
  })

  test('that is right: nothing wrong, exit 0, and nothing is recorded', async () => {
    const before = at.snapshot()
    const { status, stdout, stderr } = await rappel(at, 'diagnose', 'sound.jsonl')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^sound \S+\n\ndiagnosis {3}Nothing wrong was found\.\n$/)
    expect(at.snapshot()).toEqual(before)
  })

  test('that diverges: the finding with its advice, exit 1', async () => {
    const { status, stdout } = await rappel(at, 'diagnose', 'diverging.jsonl', '--json')
    expect(status).toBe(1)
    const [{ verdict, findings }] = JSON.parse(stdout).runs
    expect(verdict.state).toBe('error')
    expect(findings[0]).toMatchObject({ code: expect.stringMatching(/^(diverged|lr-too-high)$/), severity: 'error' })
  })

  test('that is broken: file and line, exit 2', async () => {
    expect(await rappel(at, 'diagnose', 'broken.jsonl')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'rappel: broken.jsonl:1: the log has no values\n  such as "values": {"loss": 0.3}\n',
    })
  })
})

test.each([
  [[], 'no runs are recorded in .rappel/runs.sqlite'],
  [['nothing'], "there is no run and no file 'nothing'"],
  [['--store', 'nowhere.sqlite'], 'there is no store nowhere.sqlite'],
])('what is not there: %j', async (words, message) => {
  const { status, stdout, stderr } = await rappel(project(), 'diagnose', ...words)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(`rappel: ${message}\n`)
})
