/** @file The tables in SQLite, and how an older store becomes a newer one. Documented in docs/store.md. */
import type { DatabaseSync } from 'node:sqlite'
import { RappelError } from '../base/errors.ts'

/** 'Rapp': tells a store from other SQLite files. `PRAGMA application_id`. */
const application = 0x52617070

/**
 * Each makes the version of its number from the one before. A new one is appended, with a fixture of the version before in
 * `test/fixtures/store/`; those that were published never change.
 */
const migrations: readonly string[] = [
  `
  create table runs (
    number integer primary key,
    id text not null unique,
    kind text not null,
    name text not null,
    started_at real not null,
    folder text,
    facts text not null,
    state text not null,
    written_at real not null,
    result text,
    writer integer
  ) strict;
  create table events (
    run integer not null references runs (number) on delete cascade,
    number integer not null,
    event text not null,
    superseded integer not null,
    primary key (run, number)
  ) strict;
  create table chunks (
    run integer not null references runs (number) on delete cascade,
    name text not null,
    first integer not null,
    points integer not null,
    data blob not null,
    primary key (run, name, first)
  ) strict;
  create table checkpoints (
    run integer not null references runs (number) on delete cascade,
    number integer not null,
    checkpoint text not null,
    primary key (run, number)
  ) strict;
  create table writers (number integer primary key autoincrement) strict;
  `,
]

/** Makes the tables, or brings older ones up. @throws RappelError 'store' when it is another program's, or a newer Rappel's */
export function migrate(database: DatabaseSync, path: string): void {
  if (versionOf(database, path) === migrations.length) return
  database.exec('begin immediate')
  try {
    // Another process may have done it while this one waited.
    for (const migration of migrations.slice(versionOf(database, path))) database.exec(migration)
    database.exec(`pragma application_id = ${application}; pragma user_version = ${migrations.length}; commit`)
  } catch (error) {
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}

/** For a store that is not to be changed. @throws RappelError 'store' when it would have to be brought up first, and as `migrate` */
export function checkPresent(database: DatabaseSync, path: string): void {
  const version = versionOf(database, path)
  if (version === migrations.length) return
  const message = `${path} is of version ${version}, expected ${migrations.length}`
  throw new RappelError('store', message, 'open it once for writing, which brings it up')
}

/** The version of the schema; 0 of an empty file. Changes nothing. @throws as `migrate` */
export function versionOf(database: DatabaseSync, path: string): number {
  const pragma = (name: string) => Number(Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0])
  const version = pragma('user_version')
  if (pragma('application_id') !== application) {
    const empty = database.prepare('select 1 from sqlite_schema').get() === undefined
    if (empty) return 0
    throw new RappelError('store', `${path} is no store: it is an SQLite file of another program`, 'name another file')
  }
  if (version <= migrations.length) return version
  const message = `${path} was written by a newer Rappel: its schema is version ${version}, this one knows up to ${migrations.length}`
  throw new RappelError('store', message, 'npm install rappel@latest, or name another store')
}
