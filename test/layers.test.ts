/** @file The layer rules hold in src/, and the checker reports each way of breaking them. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { violations } from './layers.ts'

const src = new URL('../src/', import.meta.url)

/** The rules broken by one file, each as `line rule`. */
function broken(path: string, text: string, ...others: string[]): string[] {
  const sources = [{ path, text }, ...others.map((other) => ({ path: other, text: '' }))]
  return violations(sources).map(({ line, rule }) => `${line} ${rule}`)
}

test('src/ keeps the layer rules', () => {
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx?$/.test(path))
  const sources = paths.map((path) => ({
    path: `src/${path.replaceAll('\\', '/')}`,
    text: readFileSync(new URL(path.replaceAll('\\', '/'), src), 'utf8'),
  }))
  expect(sources.length).toBeGreaterThan(0)
  expect(violations(sources).map(({ path, line, rule, message }) => `${path}:${line} ${rule}: ${message}`)).toEqual([])
})

describe('the order of the layers', () => {
  test.each([
    ['src/graph/a.ts', "import { x } from '../base/x.ts'"],
    ['src/graph/a.ts', "import { x } from './ops/x.ts'"],
    ['src/testing/a.ts', "import { x } from '../check/x.ts'"],
    ['src/cli/a.ts', "import { x } from '../dashboard/server.ts'"],
    ['src/cli/a.ts', "import { x } from '../index.ts'"],
    ['src/index.ts', "export * from './testing/x.ts'"],
    ['src/base/a.ts', "// import { x } from '../graph/x.ts'\nconst text = \"from '../graph/x.ts'\""],
  ])('allows in %s: %s', (path, text) => expect(broken(path, text)).toEqual([]))

  test.each([
    ['src/base/a.ts', "import { x } from '../graph/x.ts'"],
    ['src/base/a.ts', "import type { X } from '../graph/x.ts'"],
    ['src/base/a.ts', "import '../graph/x.ts'"],
    ['src/base/a.ts', "export { x } from '../graph/x.ts'"],
    ['src/base/a.ts', "export * as x from '../graph/x.ts'"],
    ['src/base/a.ts', "const x = await import('../graph/x.ts')"],
    ['src/base/a.ts', "const x = require('../graph/x.ts')"],
    ['src/base/a.ts', "let x: import('../graph/x.ts').X"],
    ['src/base/deep/a.ts', "import { x } from '../../graph/x.ts'"],
    ['src/train/a.ts', "import { x } from '../cli/x.ts'"],
    ['src/dashboard/a.ts', "import { x } from '../testing/x.ts'"],
    ['src/base/a.ts', "import { x } from '../index.ts'"],
    ['src/index.ts', "export * from './cli/main.ts'"],
    ['src/index.ts', "export * from './dashboard/server.ts'"],
  ])('forbids in %s: %s', (path, text) => expect(broken(path, text)).toEqual(['1 layer']))

  test('an import that leaves src/', () =>
    expect(broken('src/base/a.ts', "import '../../test/x.ts'")).toEqual(['1 outside']))
  test('a folder that is no layer', () => expect(broken('src/misc/a.ts', '')).toEqual(['1 unknown-folder']))
  test('a file beside src/index.ts', () => expect(broken('src/other.ts', '')).toEqual(['1 unknown-folder']))
  test('the package importing itself', () =>
    expect(broken('src/nn/a.ts', "import { x } from 'rappel/base'")).toEqual(['1 self-import']))
  test('a computed import', () => {
    expect(broken('src/nn/a.ts', 'await import(name)')).toEqual(['1 computed-import'])
    expect(broken('src/cli/a.ts', 'await import(name)')).toEqual([])
  })
})

describe('where Node and the runtime may be known', () => {
  const allowed = [
    'engine/native.ts',
    'data/readers/csv.ts',
    'store/sqlite.ts',
    'cli/main.ts',
    'dashboard/server.ts',
    'dashboard/server/a.ts',
  ]
  const forbidden = [
    'engine/web.ts',
    'engine/native-buffers.ts',
    'data/csv.ts',
    'train/loop.ts',
    'dashboard/page.ts',
    'base/a.ts',
  ]

  test.each(allowed)('node: in %s', (path) => {
    expect(broken(`src/${path}`, "import { readFileSync } from 'node:fs'\nprocess.exitCode = 2")).toEqual([])
  })
  test.each(forbidden)('no node: in %s', (path) => {
    expect(broken(`src/${path}`, "import { readFileSync } from 'node:fs'")).toEqual(['1 node'])
  })
  test.each([
    "import fs from 'fs'",
    "await import('fs/promises')",
    'process.exit(1)',
    'const b = Buffer.from([1])',
    'f(process)',
  ])('no Node in base: %s', (text) => expect(broken('src/base/a.ts', text)).toEqual(['1 node']))
  test('names that only look like Node', () => {
    expect(broken('src/base/a.ts', 'const o = { process: 1 }\no.process\ninterface I { Buffer: number }')).toEqual([])
  })
  test.each(['engine/native.ts', 'engine/web.ts'])('the runtime in %s', (path) => {
    expect(broken(`src/${path}`, "import * as ort from 'onnxruntime-node'")).toEqual([])
  })
  test.each(['engine/index.ts', 'graph/a.ts', 'cli/demo.ts'])('no runtime in %s', (path) => {
    expect(broken(`src/${path}`, "import type { Tensor } from 'onnxruntime-common'")).toEqual(['1 runtime'])
  })
})

describe('time and chance come from cli', () => {
  test.each([
    'Math.random()',
    'const { x } = { x: Math.random }',
    'globalThis.Math.random()',
    'Date.now()',
    'performance.now()',
    'new Date()',
    'new Date(0)',
    'Date()',
    'crypto.randomUUID()',
  ])('%s', (text) => {
    expect(broken('src/train/a.ts', text)).toEqual(['1 clock'])
    expect(broken('src/store/a.ts', text)).toEqual(['1 clock'])
    expect(broken('src/cli/a.ts', text)).toEqual([])
  })
  test('and from openRun, which a program calls without the command line', () =>
    expect(broken('src/store/open-run.ts', 'Date.now()')).toEqual([]))
  test('in a comment or a string it is none', () =>
    expect(broken('src/train/a.ts', "// Date.now()\n'Math.random()'")).toEqual([]))
})

describe('files', () => {
  test.each(['utils.ts', 'util.ts', 'helpers.ts', 'manager.ts', 'tensor-utils.ts', 'run.helper.ts'])(
    'no %s',
    (name) => {
      expect(broken(`src/base/${name}`, '')).toEqual(['1 name'])
    },
  )
  test.each(['tensor.ts', 'futile.ts'])('%s is a fine name', (name) =>
    expect(broken(`src/base/${name}`, '')).toEqual([]),
  )
  test('over 400 lines without a reason', () => {
    const lines = 'let x\n'.repeat(399)
    expect(broken('src/base/a.ts', `/** @file All. */\n${lines}`)).toEqual([])
    expect(broken('src/base/a.ts', `/** @file All. */\n\n${lines}`)).toEqual(['1 length'])
    expect(broken('src/base/a.ts', `/** @file All. @long */\n\n${lines}`)).toEqual(['1 length'])
    expect(broken('src/base/a.ts', `let x\n/** @long one table */\n${lines}`)).toEqual(['1 length'])
    expect(broken('src/base/a.ts', `/**\n * @file All.\n * @long one table\n */\n${lines}`)).toEqual([])
    expect(broken('src/graph/proto/onnx_pb.ts', `\n\n${lines}`)).toEqual([])
  })
  test('a worker addressed by its source file', () => {
    expect(broken('src/cli/a.ts', "new URL('./child.ts', import.meta.url)")).toEqual(['1 url'])
    expect(broken('src/cli/a.ts', "new URL('./digits.csv', import.meta.url)")).toEqual([])
  })
})

describe('cycles', () => {
  const file = (name: string, ...imports: string[]) => ({
    path: `src/base/${name}.ts`,
    text: imports.map((other) => `import { x } from './${other}.ts'`).join('\n'),
  })
  const found = (...files: { path: string; text: string }[]) => violations(files).map(({ message }) => message)

  test('none in a diamond', () =>
    expect(found(file('a', 'b', 'c'), file('b', 'd'), file('c', 'd'), file('d'))).toEqual([]))
  test('a file that imports itself', () =>
    expect(found(file('a', 'a'))).toEqual(['imports form a cycle: base/a.ts → base/a.ts']))
  test('two files', () => {
    expect(found(file('a', 'b'), file('b', 'a'))).toEqual(['imports form a cycle: base/a.ts → base/b.ts → base/a.ts'])
  })
  test('three files behind an innocent one', () => {
    expect(found(file('z', 'a'), file('a', 'b'), file('b', 'c'), file('c', 'a'))).toEqual([
      'imports form a cycle: base/a.ts → base/b.ts → base/c.ts → base/a.ts',
    ])
  })
  test('types alone make one too', () => {
    const text = (other: string) => `import type { X } from './${other}.ts'`
    expect(found({ path: 'src/base/a.ts', text: text('b') }, { path: 'src/base/b.ts', text: text('a') })).toHaveLength(
      1,
    )
  })
})
