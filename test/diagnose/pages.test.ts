/** @file Each code has a page with a picture, and what it says of its rule is what the rule says. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { allCodes, codesTable, filled, pageOf, ruleText } from '../../experiments/faults/pages.ts'
import { folder } from '../../experiments/faults/pictures.ts'

describe.each(allCodes)('%s', (code) => {
  const text = existsSync(pageOf(code)) ? readFileSync(pageOf(code), 'utf8') : ''

  test('has a page with all its parts, and a picture', () => {
    expect(text).toMatch(new RegExp(`^# ${code}\n\n[^\n]+\\.\n`))
    for (const heading of ['What it looks like', 'Why it happens', 'What to do', 'How it is recognised'])
      expect(text).toContain(`\n## ${heading}\n\n`)
    expect(text).toContain(`](pictures/${code}.svg)`)
    expect(existsSync(new URL(`${code}.svg`, folder))).toBe(true)
  })

  test('says what its rule says: npm run experiments faults -- pages', () => {
    expect(filled(text, 'rule', ruleText(code))).toBe(text)
    expect(ruleText(code)).not.toMatch(/: undefined|: $|:\*\* \n/m)
  })
})

test('the table of all codes is up to date', () => {
  const page = readFileSync(new URL('../../docs/diagnosis.md', import.meta.url), 'utf8')
  expect(filled(page, 'codes', codesTable())).toBe(page)
})
