/** @file What follows from what: no two findings may each be left out for the other. */
import { expect, test } from 'vitest'
import { symptoms } from '../../src/diagnose/causes.ts'
import type { FindingCode } from '../../src/diagnose/finding.ts'

test('no finding follows from one that follows from it', () => {
  const pairs = Object.entries(symptoms).flatMap(([cause, list]) =>
    list
      .filter((code) => code === cause || symptoms[code]?.includes(cause as FindingCode))
      .map((code) => `${cause} ⇄ ${code}`),
  )
  expect(pairs).toEqual([])
})
