/** @file A temporary folder for the files of one test file, and the fixtures that other programs wrote. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

/** Writes files into a folder of their own, which is removed when the tests of the file are over. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'rappel-data-'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  const write = (name: string, content: string | Uint8Array): string => {
    const file = join(path, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    return file
  }
  return { path, write }
}

/** A file that `test/fixtures/make_data.py` made. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/data/${name}`, import.meta.url))
}
