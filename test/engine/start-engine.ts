/** @file Run by missing.test.ts: loads every layer that trains, starts the engine, prints what it failed with. */
import '../../src/index.ts'
import { RappelError } from '../../src/base/errors.ts'
import { nativeEngine } from '../../src/engine/native.ts'

try {
  await nativeEngine()
} catch (error) {
  if (!(error instanceof RappelError)) throw error
  const { code, message, hint } = error
  console.log(JSON.stringify({ code, message, hint }))
}
