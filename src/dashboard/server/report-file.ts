/** @file A report: the page, its style and packed runs in one HTML file that needs nothing else. */
import { createHash } from 'node:crypto'
import { RappelError } from '../../base/errors.ts'
import { type PageFiles, readPageFiles } from './page-files.ts'

/**
 * The text of the file. Its content policy lets nothing run but the page's own script, and nothing be fetched.
 *
 * @param packed from `packRuns`
 * @throws RappelError 'run' when the page was not built
 */
export function reportHtml(packed: Uint8Array, title: string, page: PageFiles = readPageFiles()): string {
  const index = textOf(page, '/')
  const script = /<script type="module"[^>]*src="\.?(?<path>\/[^"]+)"[^>]*><\/script>/.exec(index)
  const style = /<link rel="stylesheet"[^>]*href="\.?(?<path>\/[^"]+)"[^>]*>/.exec(index)
  if (!script?.groups || !style?.groups)
    throw new RappelError('run', 'the page has not the form that was expected', 'build it again: npm run build')
  // What ends a script in HTML must not stand in one.
  const code = textOf(page, script.groups.path).replaceAll('</script', '<\\/script')
  const css = textOf(page, style.groups.path)
  const policy = `default-src 'none'; script-src ${hash(code)}; style-src ${hash(css)}; img-src data: blob:; base-uri 'none'; form-action 'none'`
  const data = Buffer.from(packed).toString('base64')
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}" />\n    <style>${css}</style>`
  const body = `<script type="application/octet-stream" id="packed-runs">${data}</script>\n    <script type="module">${code}</script>`
  return index
    .replace(script[0], '')
    .replace(style[0], () => head)
    .replace(/<title>.*<\/title>/, () => `<title>${escaped(title)}</title>`)
    .replace('</body>', () => `  ${body}\n  </body>`)
}

function textOf(page: PageFiles, path: string): string {
  const file = page.get(path)
  if (file === undefined) throw new RappelError('run', `the page has no ${path}`, 'build it again: npm run build')
  return new TextDecoder().decode(file.bytes)
}

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
