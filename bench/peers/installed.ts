/** @file The peers' packages: they live in bench/node_modules and are no dependency of the project. */
import { existsSync, readFileSync } from 'node:fs'

/** The version of a package under bench/node_modules, or 'none'. */
export function installedVersion(name: string): string {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  if (!existsSync(manifest)) return 'none'
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'))
  return version
}

/** What `Peer.available` answers for packages that must all be there. */
export async function whetherInstalled(...names: string[]): Promise<true | string> {
  const missing = names.filter((name) => installedVersion(name) === 'none')
  return missing.length === 0 || `${missing.join(', ')} not installed: npm --prefix bench ci`
}
