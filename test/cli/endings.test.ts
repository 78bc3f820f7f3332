/** @file What the command line says of a run that stopped early, diverged, or was rolled back. */
import { afterAll, expect, test } from 'vitest'
import type { RunDocument } from '../../src/cli/document.ts'
import { reportText } from '../../src/cli/report.ts'
import { configText, Installation, Project } from './installation.ts'

const cli = new Installation()
const projects: Project[] = []
afterAll(() => {
  cli.remove()
  for (const made of projects) made.remove()
})

async function train(fields: Readonly<Record<string, string>>) {
  const made = new Project({ 'rappel.config.ts': configText({ probes: 'false', ...fields }) })
  projects.push(made)
  const { status, stdout, stderr } = await cli.run(['train', '--json'], { cwd: made.folder })
  const document: RunDocument = JSON.parse(stdout)
  return { status, stderr, document, report: reportText(document, (_, text) => text) }
}

test('stopped early: exit 0, why, and the measurements of the epoch whose model it is', async () => {
  // With a tenth of the data a large net is best soon; a rate of 1 makes it noisy afterwards.
  const { status, document, report } = await train({
    model: 'nn.sequential(nn.dense(100), nn.relu(), nn.dense(10))',
    update: 'optim.adam({ learningRate: 0.02 })',
    validation: '0.9',
    epochs: '1000',
    earlyStopping: '{ patience: 4 }',
  })
  expect(status).toBe(0)
  const { outcome, restored, epochs, validation } = document
  if (outcome.reason !== 'stopped-early' || restored === undefined) throw new Error(`the outcome is ${outcome.reason}`)
  const best = epochs.find(({ epoch }) => epoch === restored.epoch)
  expect(outcome.best).toEqual(restored)
  expect(validation?.loss).toBe(best?.validation?.loss)
  expect(Math.min(...epochs.map((epoch) => epoch.validation?.loss as number))).toBe(validation?.loss)
  expect(epochs).toHaveLength(restored.epoch + 4 + 1)
  expect(report).toContain(
    `Stopped early: ${outcome.message}.\nThe model and the measurements are those of the best epoch, ${restored.epoch}.\n`,
  )
  expect(report).toContain('Guessing among 10 classes has a loss of 2.3')
})

test('rolled back: said on the way; the run finishes, exit 0', async () => {
  const { status, stderr, document } = await train({
    model: 'nn.sequential(nn.dense(30), nn.relu(), nn.dense(10))',
    update: 'optim.momentum({ learningRate: 30 })',
    rollBack: '{ factor: 0.001 }',
    epochs: '2',
  })
  expect(status).toBe(0)
  expect(stderr).toMatch(/^rappel: the loss exploded to .*; going on from step 0 with learning rates times 0\.001$/m)
  expect(document.outcome).toEqual({ reason: 'finished' })
  expect(document.epochs.map(({ epoch }) => epoch)).toEqual([0, 1, 2])
  expect(document.epochs[2].learningRate).toBeCloseTo(0.03, 12)
})

test('diverged: exit 1, one line with its remedy, and the report says whose parameters are kept', async () => {
  const { status, stderr, document, report } = await train({
    model: 'nn.sequential(nn.dense(30), nn.relu(), nn.dense(10))',
    update: 'optim.sgd({ learningRate: 1e6 })',
  })
  expect(status).toBe(1)
  if (document.outcome.reason !== 'diverged') throw new Error(`the outcome is ${document.outcome.reason}`)
  const { message, hint, first } = document.outcome
  expect(first).toBe('loss')
  expect(stderr).toContain(`rappel: ${message}\n  ${hint}\n`)
  expect(report).toContain(`Diverged: ${message}. The model is that of the last sound step: after 1 update.`)
})
