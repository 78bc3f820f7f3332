/** @file JavaScript's own errors in a user's file, in words that say what to do. */
import { isAbsolute, relative } from 'node:path'
import { nearest, RappelError, suggestion } from '../base/errors.ts'
import * as data from '../data/index.ts'
import * as root from '../index.ts'
import { placeOf } from './failure.ts'

const modules: Readonly<Record<string, object>> = { rappel: root, 'rappel/data': data }

/** What an error's text says, by a pattern; the groups go to `explain`. */
interface Explanation {
  readonly pattern: RegExp
  explain(...groups: string[]): { message: string; hint?: string }
}

const explanations: readonly Explanation[] = [
  {
    pattern: /requested module '(.+?)' does not provide an export named '(.+?)'/,
    explain: (source, name) => ({
      message: `'${name}' is imported, which ${source} does not have`,
      hint: homeOf(name) ?? (modules[source] ? suggestion(name, Object.keys(modules[source])) : 'check the name'),
    }),
  },
  {
    pattern: /Cannot find (?:module|package) '(.+?)'/,
    explain: (name) => ({
      message: `'${isAbsolute(name) ? relative('.', name) : name}' is imported, which is not there`,
      hint: isAbsolute(name) ? 'check the path' : `check the name, or install the package: npm install ${name}`,
    }),
  },
  {
    pattern: /(\w+)\.(\w+) is not a function/,
    explain: (group, name) => ({
      message: `${group}.${name} is not a function`,
      hint: near(name, Object.keys((root as Record<string, object>)[group] ?? {}), `${group}.`),
    }),
  },
  {
    pattern: /^(\w+) is not defined/,
    explain: (name) => ({ message: `${name} is not defined`, hint: homeOf(name) ?? near(name, Object.keys(root)) }),
  },
]

/** The same error, or one with the same cause that says more. */
export function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RappelError) return error
  // Node tells a failed import with a code or as a syntax error. Others must come from the user's lines, not from ours.
  if (!('code' in error || error instanceof SyntaxError) && placeOf(error) === undefined) return error
  for (const { pattern, explain } of explanations) {
    const found = pattern.exec(error.message)
    if (found === null) continue
    const { message, hint } = explain(...found.slice(1))
    return new RappelError('usage', message, hint, { cause: error })
  }
  return error
}

/** How to come by something of this package that was sought elsewhere. */
function homeOf(name: string): string | undefined {
  const module = Object.keys(modules).find((specifier) => Object.hasOwn(modules[specifier], name))
  if (module !== undefined) return `write: import { ${name} } from '${module}'`
  const group = Object.entries(root).find(([, value]) => typeof value === 'object' && Object.hasOwn(value, name))
  return group && `it is ${group[0]}.${name}: import { ${group[0]} } from 'rappel'`
}

function near(name: string, candidates: readonly string[], prefix = ''): string | undefined {
  const found = nearest(name, candidates)
  return found && `did you mean '${prefix}${found}'?`
}
