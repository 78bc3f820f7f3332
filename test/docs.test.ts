/** @file The TypeScript in README.md and docs/ type-checks against this package, and what runs without a file around it runs. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { spawnScript } from './engine/spawn.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
)

interface Block {
  readonly page: string
  /** Of its first line of code. */
  readonly line: number
  readonly code: string
}

/** The blocks of TypeScript in a page. */
function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((found) => ({
    page,
    line: text.slice(0, found.index).split('\n').length + 1,
    code: found[1],
  }))
}

const blocks = pages.flatMap((page) => blocksOf(page, readFileSync(join(root, page), 'utf8')))

/** What the compiler says of blocks, as `page:line: message`. They are compiled where they import the package as a user does. */
function complaints(checked: readonly Block[]): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const files = new Map(checked.map((block, i) => [join(root, `block-${i}.ts`), block]))
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path)?.code ?? readFile(path)
  host.getSourceFile = (path, language, ...rest) => {
    const block = files.get(path)
    return block ? ts.createSourceFile(path, block.code, language) : getSourceFile(path, language, ...rest)
  }
  const program = ts.createProgram([...files.keys()], { ...options, noUnusedLocals: false }, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const block = file && files.get(file.fileName)
    const line = file ? ts.getLineAndCharacterOfPosition(file, start).line : 0
    const place = block ? `${block.page}:${block.line + line}` : file?.fileName
    return `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}

test('there is something to check', () => expect(blocks.length).toBeGreaterThanOrEqual(4))

test('every block type-checks, and a wrong one is reported with its line', () => {
  const wrong = { page: 'wrong.md', line: 10, code: "import { nn } from 'rappel'\nnn.dens(10)\n" }
  const found = complaints([...blocks, wrong])
  expect(found).toEqual([expect.stringMatching(/^wrong\.md:11: Property 'dens' does not exist/)])
})

const programs = blocks.filter(({ code }) => !code.includes('export default'))

test.each(programs)('$page:$line runs', { timeout: 20_000 }, async ({ code }) => {
  const folder = mkdtempSync(join(tmpdir(), 'rappel-docs-'))
  try {
    const file = join(folder, 'block.ts')
    // From outside the package its names are resolved here.
    const resolved = code.replaceAll(/from '(rappel[^']*)'/g, (_, name) => `from '${import.meta.resolve(name)}'`)
    writeFileSync(file, resolved)
    expect(await spawnScript(pathToFileURL(file), { cwd: folder })).toMatchObject({ code: 0, stderr: '' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
