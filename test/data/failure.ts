/** @file What a call fails with, for tests that assert messages word by word. */
import { RappelError } from '../../src/base/errors.ts'

/** `code: message → hint` of the RappelError that a call throws or rejects with; anything else fails the test. */
export async function failure(call: () => unknown): Promise<string> {
  try {
    await call()
  } catch (error) {
    if (!(error instanceof RappelError)) throw error
    return `${error.code}: ${error.message}${error.hint === undefined ? '' : ` → ${error.hint}`}`
  }
  throw new Error('expected the call to fail, it succeeded')
}
