/** @file Files named by their content: whole, verified, cleared away. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readRunFile, removeRunFiles, writeRunFile } from '../../src/store/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rappel-files-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const bytes = (text: string) => new TextEncoder().encode(text)
/** SHA-256 of 'abc' and of nothing: FIPS 180-4's example, and NIST's test vectors. */
const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test('the name is the hash of the content', () => {
  const inside = join(folder, 'deep', 'er')
  expect(writeRunFile(inside, bytes('abc'))).toEqual({ file: abc, size: 3 })
  expect(writeRunFile(inside, [bytes('a'), bytes(''), bytes('bc')], '.checkpoint')).toEqual({
    file: `${abc}.checkpoint`,
    size: 3,
  })
  expect(writeRunFile(inside, [])).toEqual({ file: nothing, size: 0 })
  expect(readdirSync(inside).toSorted()).toEqual([abc, `${abc}.checkpoint`, nothing])
  expect(new TextDecoder().decode(readRunFile(inside, `${abc}.checkpoint`))).toBe('abc')
})

test('writing again heals a damaged one', () => {
  writeFileSync(join(folder, abc), 'abd')
  expect(() => readRunFile(folder, abc)).toThrow(`${join(folder, abc)} is damaged`)
  writeRunFile(folder, bytes('abc'))
  expect(readFileSync(join(folder, abc), 'utf8')).toBe('abc')
})

describe('what cannot be read', () => {
  test.each([
    ['missing', undefined, /cannot be read: ENOENT/],
    ['cut', 'ab', /is damaged: its 2 bytes/],
    ['empty', '', /is damaged: its 0 bytes/],
    ['longer', 'abcd', /is damaged/],
  ])('%s', (_what, content, message) => {
    if (content !== undefined) writeFileSync(join(folder, abc), content)
    expect(() => readRunFile(folder, abc)).toThrow(
      expect.objectContaining({ code: 'store', message: expect.stringMatching(message) }),
    )
  })

  test.each(['../secret', 'model.onnx', `../${abc}`, `${abc}/x`, ''])('the name %o', (name) => {
    expect(() => readRunFile(folder, name)).toThrow("is no name of a run's file")
  })
})

test('what cannot be written leaves nothing', () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const refused = expect.objectContaining({
    code: 'store',
    message: expect.stringContaining(`cannot be written to ${file}`),
  })
  expect(() => writeRunFile(file, bytes('abc'))).toThrow(refused)
  expect(() => writeRunFile(folder, bytes('abc'), '/../x')).toThrow('the ending is "/../x"')
  expect(readdirSync(folder)).toEqual(['file'])
})

test('what is not wanted is cleared away, and nothing else', () => {
  const { file } = writeRunFile(folder, bytes('wanted'), '.checkpoint')
  writeRunFile(folder, bytes('abc'), '.checkpoint')
  const others = ['model.onnx', 'run.json', 'notes.txt', 'abc', `${abc}.old.zip`, 'model.onnx.7.part']
  for (const name of [...others, `${abc}.checkpoint.77.part`]) writeFileSync(join(folder, name), '')
  expect(removeRunFiles(folder, [file]).toSorted()).toEqual([`${abc}.checkpoint`, `${abc}.checkpoint.77.part`])
  expect(readdirSync(folder).toSorted()).toEqual([...others, file].toSorted())
  expect(removeRunFiles(join(folder, 'missing'), [])).toEqual([])
  expect(existsSync(join(folder, 'missing'))).toBe(false)
})
