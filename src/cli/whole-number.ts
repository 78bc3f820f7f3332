/** @file Options that are whole numbers, checked as the configuration's fields of the same name are. */
import { checkField } from '../train/config.ts'

/** Undefined where it was not given. @throws RappelError 'usage' that names the option */
export function wholeNumber(name: 'seed' | 'threads', given: string | true | undefined): number | undefined {
  if (given === undefined) return undefined
  const value = /^\d+$/.test(String(given)) ? Number(given) : given
  checkField(name, value, `--${name}`)
  return value as number
}
