/** @file The chunks of a run's series in an SQL database: written, cut off, and read again to be gone on with. */
import type { Transaction } from 'kysely'
import { decodeChunk, emptyColumns, encodeChunk, pointsPerChunk } from './chunks.ts'
import { type Chunk, SeriesBuffer } from './series-buffer.ts'
import type { Tables } from './tables.ts'

export async function putChunk(db: Transaction<Tables>, run: number, name: string, chunk: Chunk): Promise<void> {
  await db
    .insertInto('chunks')
    .values({ run, name, ...chunk })
    .onConflict((conflict) =>
      conflict.columns(['run', 'name', 'first']).doUpdateSet({ points: chunk.points, data: chunk.data }),
    )
    .execute()
}

/** The series of a run, each with its last chunk. */
export async function seriesBuffers(db: Transaction<Tables>, run: number): Promise<Map<string, SeriesBuffer>> {
  const lasts = await db
    .selectFrom('chunks')
    .select(({ fn }) => ['name', fn.max('first').as('first')])
    .where('run', '=', run)
    .groupBy('name')
    .execute()
  const buffers = new Map<string, SeriesBuffer>()
  for (const { name, first } of lasts) {
    const { points, data } = await chunk(db, run, name, first)
    const columns = emptyColumns(points < pointsPerChunk ? points : 0)
    if (points < pointsPerChunk) decodeChunk(data, columns, 0)
    buffers.set(name, new SeriesBuffer(columns, points < pointsPerChunk ? first : first + points))
  }
  return buffers
}

/** Takes away all but the first `points` points of a series that has more. */
export async function cutSeries(db: Transaction<Tables>, run: number, name: string, points: number): Promise<void> {
  await db
    .deleteFrom('chunks')
    .where(({ and }) => and({ run, name }))
    .where('first', '>=', points)
    .execute()
  if (points === 0) return
  const { first } = await db
    .selectFrom('chunks')
    .select(({ fn }) => fn.max('first').as('first'))
    .where(({ and }) => and({ run, name }))
    .executeTakeFirstOrThrow()
  const last = await chunk(db, run, name, first)
  const kept = points - first
  if (kept === last.points) return
  const columns = emptyColumns(last.points)
  decodeChunk(last.data, columns, 0)
  await putChunk(db, run, name, { first, points: kept, data: encodeChunk(columns, kept) })
}

function chunk(db: Transaction<Tables>, run: number, name: string, first: number) {
  return db
    .selectFrom('chunks')
    .select(['points', 'data'])
    .where(({ and }) => and({ run, name, first }))
    .executeTakeFirstOrThrow()
}
