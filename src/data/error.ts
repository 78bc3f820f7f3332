/** @file The error of this layer: data that cannot be trained on. */
import { RappelError } from '../base/errors.ts'

/** What was got, what was expected and where; and what to do next. */
export function dataError(message: string, hint?: string, options?: ErrorOptions): RappelError {
  return new RappelError('data', message, hint, options)
}
