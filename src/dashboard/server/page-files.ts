/** @file The files of the page as the build left them. All are read once, so that no path of a request ever reaches the disk. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RappelError } from '../../base/errors.ts'

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
  /** For the Cache-Control header. */
  readonly caching: string
}

/** By the path of the address: '/', '/assets/main-4f2a.js'. */
export type PageFiles = ReadonlyMap<string, PageFile>

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Where the build puts the page: in `dist/`, whether this file runs from there or from `src/`. */
const built = fileURLToPath(new URL('../../../dist/dashboard/page', import.meta.url))

/** @throws RappelError 'run' when the page was not built */
export function readPageFiles(folder = built): PageFiles {
  const files = new Map<string, PageFile>()
  let names: readonly string[]
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch (error) {
    throw new RappelError('run', `the page is not there: ${folder}`, 'build it: npm run build', { cause: error })
  }
  for (const name of names) {
    const type = types[extname(name)]
    if (type === undefined) continue
    const path = `/${name.replaceAll('\\', '/')}`
    const isIndex = path === '/index.html'
    files.set(isIndex ? '/' : path, {
      bytes: new Uint8Array(readFileSync(join(folder, name))),
      type,
      // The build names assets by their content.
      caching: isIndex ? 'no-cache' : 'public, max-age=31536000, immutable',
    })
  }
  if (!files.has('/')) throw new RappelError('run', `the page has no index.html: ${folder}`, 'build it: npm run build')
  return files
}
