/**
 * @file A process that writes runs, to be killed. `node writing-process.ts STORE RUN` creates or continues the run and writes for ever;
 * after each flush it says how many flushes there are. `node writing-process.ts STORE RUN once` writes one flush and ends.
 */
import { sqliteStore } from '../../src/store/index.ts'

const [path, id, once] = process.argv.slice(2)
/** Points of each of two series in a flush: not a divisor of a chunk's. */
export const pointsPerFlush = 333

if (path !== undefined && process.argv[1].endsWith('writing-process.ts')) await write()

async function write(): Promise<void> {
  const store = sqliteStore(path)
  const known = await store.run(id)
  const writer = known
    ? await store.continueRun(id)
    : await store.createRun({ id, kind: 'foreign', name: id, startedAt: 0, facts: {} })
  for (let flush = writer.position().events; ; flush++) {
    for (let i = 0; i < pointsPerFlush; i++) {
      const step = flush * pointsPerFlush + i
      writer.log({ step, epoch: Math.sqrt(step), seconds: Number.NaN }, { sine: Math.sin(step), nan: Number.NaN })
    }
    writer.event({ type: 'flush', flush })
    await writer.flush(flush)
    process.stdout.write(`${flush + 1}\n`)
    if (once) break
  }
  await writer.close('finished', undefined, 0)
  await store.close()
}
