/**
 * @file Checks the layer rules of ARCHITECTURE.md on source texts: a pure function, so that it is itself tested.
 *
 * Type-only imports count like others. Exceptions to the plain order of the layers stand in `exceptions`.
 */
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import ts from 'typescript'

interface Source {
  /** From the repository's root, with slashes: `src/base/tensor.ts`. */
  path: string
  text: string
}

interface Violation {
  path: string
  line: number
  rule: Rule
  message: string
}

type Rule =
  | 'layer'
  | 'unknown-folder'
  | 'outside'
  | 'self-import'
  | 'computed-import'
  | 'node'
  | 'runtime'
  | 'name'
  | 'cycle'
  | 'clock'
  | 'url'
  | 'length'

/** Each folder of src/ may import from itself and from those before it. */
const layers = [
  'base',
  'graph',
  'engine',
  'nn',
  'optim',
  'data',
  'store',
  'train',
  'check',
  'diagnose',
  'search',
  'evaluate',
  'cli',
  'dashboard',
  'testing',
]

/** The composition root starts the server and stands on the public interface. */
const exceptions: Record<string, string[]> = { cli: ['dashboard', 'index.ts'] }
/** The root index gathers what users import; it is not a place for programs. */
const notInRoot = ['cli', 'dashboard']

const nodeAllowed = [
  /^src\/engine\/native\.ts$/,
  /^src\/data\/readers\//,
  /^src\/(store|cli)\//,
  /^src\/dashboard\/server(\.ts$|\/)/,
]
const runtimeAllowed = [/^src\/engine\/(native|web)\.ts$/]
/** `openRun` is called by somebody else's program: there is no command line that could pass the time down. */
/** The page's first file passes the time down, as a command does. */
const clockAllowed = [/^src\/cli\//, /^src\/store\/open-run\.ts$/, /^src\/dashboard\/page\/main\.tsx$/]
const computedImportAllowed = [/^src\/cli\//]
const generated = [/^src\/graph\/proto\//]

const badName = /(^|[-_.])(utils?|helpers?|managers?)\.ts$/
const nodeGlobals = ['process', 'Buffer', '__dirname', '__filename']
const clocks = [
  'Math.random',
  'Date.now',
  'performance.now',
  'performance.timeOrigin',
  'process.hrtime',
  'process.uptime',
]
const random = ['crypto.getRandomValues', 'crypto.randomUUID']
const longest = 400

export function violations(sources: Source[]): Violation[] {
  const files = sources.map((source) => new File(source))
  return [...files.flatMap((file) => file.check()), ...cycles(files)].sort((a, b) =>
    a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1,
  )
}

/** One source file, its imports and what is wrong with it alone. */
class File {
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
  readonly imports: { specifier: string; line: number }[] = []
  readonly found: Violation[] = []

  constructor({ path, text }: Source) {
    this.path = path
    this.text = text
    this.tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  }

  report(rule: Rule, line: number, message: string): void {
    this.found.push({ path: this.path, line, rule, message })
  }

  check(): Violation[] {
    this.visit(this.tree)
    for (const { specifier, line } of this.imports) this.checkImport(specifier, line)
    this.checkFile()
    return this.found
  }

  checkFile(): void {
    const folder = layerOf(this.path)
    if (folder !== 'index.ts' && !layers.includes(folder)) {
      this.report('unknown-folder', 1, `src/${folder} is no layer: put the file into one of ${layers.join(', ')}`)
    }
    if (badName.test(posix.basename(this.path))) {
      this.report('name', 1, 'a file is named after what it holds, not utils, helpers or manager')
    }
    const lines = this.text.split('\n').length - (this.text.endsWith('\n') ? 1 : 0)
    const head = /^(?:#!.*\n)?\s*\/\*\*([\s\S]*?)\*\//.exec(this.text)?.[1] ?? ''
    if (lines > longest && !/@long[ \t]+\S/.test(head) && !matches(generated, this.path)) {
      this.report(
        'length',
        1,
        `${lines} lines, over ${longest}: split it, or say why in the head comment with @long <reason>`,
      )
    }
  }

  checkImport(specifier: string, line: number): void {
    if (specifier.startsWith('.')) return this.checkRelative(specifier, line)
    const bare = specifier.split('/')[0]!
    if (bare === 'rappel') this.report('self-import', line, `'${specifier}': inside src/ import by relative path`)
    if ((specifier.startsWith('node:') || builtinModules.includes(bare)) && !matches(nodeAllowed, this.path)) {
      this.report(
        'node',
        line,
        `'${specifier}': Node's modules belong to engine/native.ts, data/readers, store, cli, dashboard/server`,
      )
    }
    if (bare.startsWith('onnxruntime-') && !matches(runtimeAllowed, this.path)) {
      this.report('runtime', line, `'${specifier}': only engine/native.ts and engine/web.ts know the runtime`)
    }
  }

  checkRelative(specifier: string, line: number): void {
    const target = resolve(this.path, specifier)
    if (!target.startsWith('src/')) return this.report('outside', line, `'${specifier}' leaves src/`)
    const from = layerOf(this.path)
    const to = layerOf(target)
    if (from === to || exceptions[from]?.includes(to)) return
    const allowed =
      from === 'index.ts' ? !notInRoot.includes(to) : layers.indexOf(to) < layers.indexOf(from) && to !== 'index.ts'
    if (!allowed) this.report('layer', line, `'${specifier}': ${from} must not import from ${to}`)
  }

  visit(node: ts.Node): void {
    this.visitImport(node)
    const line = this.tree.getLineAndCharacterOfPosition(node.getStart(this.tree)).line + 1
    if (ts.isNewExpression(node)) this.visitNew(node, line)
    const name = ts.isPropertyAccessExpression(node) ? node.getText(this.tree).replace(/^globalThis\.|\?|\s/g, '') : ''
    if ([...clocks, ...random].includes(name) && !matches(clockAllowed, this.path)) {
      this.report('clock', line, `${name}: time and chance come in from cli, as an argument`)
    }
    if (
      ts.isCallExpression(node) &&
      node.expression.getText(this.tree) === 'Date' &&
      !matches(clockAllowed, this.path)
    ) {
      this.report('clock', line, 'Date(): time comes in from cli, as an argument')
    }
    if (isNodeGlobal(node) && !matches(nodeAllowed, this.path)) {
      this.report('node', line, `${node.getText(this.tree)}: this layer also runs in browsers`)
    }
    ts.forEachChild(node, (child) => this.visit(child))
  }

  visitNew(node: ts.NewExpression, line: number): void {
    const name = node.expression.getText(this.tree)
    if (name === 'Date' && !matches(clockAllowed, this.path)) {
      this.report('clock', line, 'new Date: time comes in from cli, as an argument')
    }
    const first = node.arguments?.[0]
    if (name === 'URL' && first && ts.isStringLiteralLike(first) && first.text.endsWith('.ts')) {
      this.report('url', line, `new URL('${first.text}') points nowhere after the build, where the file ends in .js`)
    }
  }

  visitImport(node: ts.Node): void {
    const specifier = specifierOf(node)
    if (specifier === undefined) return
    const line = this.tree.getLineAndCharacterOfPosition(node.getStart(this.tree)).line + 1
    if (ts.isStringLiteralLike(specifier)) this.imports.push({ specifier: specifier.text, line })
    else if (!matches(computedImportAllowed, this.path)) {
      this.report(
        'computed-import',
        line,
        'a computed import hides what is imported: only cli may load what a user names',
      )
    }
  }
}

/** The module specifier of an import, export, import type, `import()` or `require()`; undefined for other nodes. */
function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node)) return node.moduleSpecifier
  if (ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isExternalModuleReference(node)) return node.expression
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal
  if (!ts.isCallExpression(node) || !node.arguments.length) return undefined
  const called = node.expression
  const loads = called.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(called) && called.text === 'require')
  return loads ? node.arguments[0] : undefined
}

/** An identifier such as `process` in an expression: no property, declaration, type or key of that name. */
function isNodeGlobal(node: ts.Node): boolean {
  if (!ts.isIdentifier(node) || !nodeGlobals.includes(node.text)) return false
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent))
    return parent.expression === node || parent.expression.getText() === 'globalThis'
  return ts.isCallExpression(parent) || ts.isTypeOfExpression(parent) || ts.isNewExpression(parent)
}

/** Every file that lies on a cycle of imports is in exactly one of the reported cycles (depth-first search, back edges). */
function cycles(files: File[]): Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const found: Violation[] = []
  const done = new Set<File>()
  const trail: File[] = []
  const walk = (file: File): void => {
    trail.push(file)
    for (const { specifier, line } of file.imports) {
      const next = specifier.startsWith('.') ? byPath.get(resolve(file.path, specifier)) : undefined
      if (next === undefined || done.has(next)) continue
      const start = trail.indexOf(next)
      if (start < 0) walk(next)
      else {
        const names = [...trail.slice(start), next].map(({ path }) => path.slice('src/'.length))
        found.push({ path: file.path, line, rule: 'cycle', message: `imports form a cycle: ${names.join(' → ')}` })
      }
    }
    trail.pop()
    done.add(file)
  }
  for (const file of files) if (!done.has(file)) walk(file)
  return found
}

function resolve(from: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier))
}

/** `base` for src/base/tensor.ts, `index.ts` for src/index.ts. */
function layerOf(path: string): string {
  return path.split('/')[1]!
}

function matches(patterns: RegExp[], path: string): boolean {
  return patterns.some((pattern) => pattern.test(path))
}
