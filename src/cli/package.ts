/** @file What package.json says about this package. */
import { readFileSync } from 'node:fs'

function description(): { version: string; exports: Record<string, unknown> } {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
}

export function packageVersion(): string {
  return description().version
}

/** What can be imported: 'rappel', 'rappel/data', … */
export function packageExports(): string[] {
  return Object.keys(description().exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => `rappel${path.slice(1)}`)
}
