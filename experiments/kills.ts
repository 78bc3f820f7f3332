/**
 * @file SIGKILL at 200 seeded random moments of `rappel train` (dropout, batch normalisation, Adam, a decaying rate, augmentation,
 * checkpoints every 11 steps), sent to all its processes or to the one that trains alone; then `--resume`, until done. After every
 * kill the record, every checkpoint that it names, and the files of the run must be readable; in the end the model file and every
 * recorded series must be the bits of a run that was never stopped. Needs the built package: npm run build.
 */
import { RandomStream } from '../src/base/random.ts'
import { Installation } from '../test/cli/installation.ts'
import { KilledRun, killAndResume } from '../test/cli/killed.ts'

const kills = Number(process.argv[3] ?? 200)
const epochs = 12

const cli = new Installation()
const whole = new KilledRun(cli, epochs)
await whole.finish() // files in the system's cache, so that the next is as quick as those that are killed
whole.remove()
const again = new KilledRun(cli, epochs)
const startedAt = performance.now()
const { status } = await again.finish()
const duration = performance.now() - startedAt
if (status !== 0) throw new Error(`the run that was not stopped has the exit status ${status}`)
const reference = await again.result()
console.log(`a run takes ${Math.round(duration)} ms; ${Object.keys(reference).length} series and files are compared`)
const moments = new RandomStream(20261125, 'kills')
const tally = await killAndResume(cli, epochs, kills, reference, [100, Math.round(duration)], moments)
for (const problem of tally.problems) console.log(problem)
console.log(
  `${tally.kills} kills in ${tally.runs} runs, ${tally.kept} of them when there was a checkpoint (${tally.late} more came after the end):`,
  `${tally.problems.length} problems;`,
  'the seconds it took:',
  Math.round((performance.now() - startedAt) / 1000),
)
if (tally.problems.length > 0) process.exitCode = 1
again.remove()
cli.remove()
