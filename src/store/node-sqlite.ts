/** @file Node's SQLite, loaded in silence and shaped as Kysely's SQLite dialect wants a database. */
import type { DatabaseSync } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

type Sqlite = typeof import('node:sqlite')

let loaded: Sqlite | undefined

/** Loads it at first use: Node 22 warns when it is loaded that it is experimental, and that warning alone is kept back. */
export function sqlite(): Sqlite {
  if (loaded !== undefined) return loaded
  const emitWarning = process.emitWarning
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('SQLite')) return
    Reflect.apply(emitWarning, process, [warning, ...rest])
  }) as typeof process.emitWarning
  try {
    loaded = process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
  return loaded
}

/** Statements are prepared once: the queries of the store are few, and a flush makes the same ones many times. */
export function kyselyDatabase(database: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      // A failed write may have ended the transaction already; an error here would hide the first one.
      if (sql === 'rollback' && !database.isTransaction) return nothing
      const known = prepared.get(sql)
      if (known !== undefined) return known
      const statement = shaped(database, sql)
      prepared.set(sql, statement)
      return statement
    },
  }
}

function shaped(database: DatabaseSync, sql: string): SqliteStatement {
  // The store's transactions all write: one that takes the right to write later could find that another has written since it began.
  const statement = database.prepare(sql === 'begin' ? 'begin immediate' : sql)
  type Values = Parameters<typeof statement.all>
  return {
    reader: statement.columns().length > 0,
    all: (values) => statement.all(...(values as Values)),
    run: (values) => statement.run(...(values as Values)),
    iterate: (values) => statement.iterate(...(values as Values)),
  }
}

const nothing: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
}
