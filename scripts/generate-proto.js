/**
 * @file Generates src/graph/proto/onnx_pb.ts from tools/proto/onnx-ml.proto: `npm run generate:proto`.
 *
 * The generators (125 MB, needed only when ONNX changes its format) are not devDependencies: npm fetches these exact versions
 * on demand. The version of protoc-gen-es must equal that of @bufbuild/protobuf in package.json.
 * `erasable_syntax` makes enums constant objects, so that Node runs the file by stripping types.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const packages = ['@bufbuild/buf@1.74.0', '@bufbuild/protoc-gen-es@2.17.0']
const template = {
  version: 'v2',
  plugins: [
    {
      local: 'protoc-gen-es',
      out: join(root, 'src/graph/proto'),
      opt: ['target=ts', 'import_extension=none', 'erasable_syntax=true'],
    },
  ],
}
const generated = join(root, 'src/graph/proto/onnx-ml_pb.ts')
const target = join(root, 'src/graph/proto/onnx_pb.ts')
const header = `// Generated from tools/proto/onnx-ml.proto (ONNX, Apache-2.0) by \`npm run generate:proto\`: do not edit.\n`

const folder = mkdtempSync(join(tmpdir(), 'rappel-proto-'))
try {
  writeFileSync(join(folder, 'buf.gen.json'), JSON.stringify(template))
  const buf = ['buf', 'generate', join(root, 'tools/proto'), '--template', join(folder, 'buf.gen.json')]
  const command = ['exec', '--yes', ...packages.map((name) => `--package=${name}`), '--', ...buf]
  execFileSync('npm', command, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' })
  const source = readFileSync(generated, 'utf8')
  if (/^(export )?(declare )?(const )?enum /m.test(source))
    throw new Error('the generated code holds a TypeScript enum')
  writeFileSync(target, header + source)
} finally {
  rmSync(generated, { force: true })
  rmSync(folder, { recursive: true, force: true })
}
