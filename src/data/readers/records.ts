/** @file Splits CSV text into records that know their line (RFC 4180, by Papa Parse). */
import Papa from 'papaparse'
import { show, usageError } from '../../base/errors.ts'
import { dataError } from '../error.ts'

const delimiters = [',', '\t', ';', '|']

/**
 * Calls `visit` with the trimmed fields of each record and the line on which it begins, from 1. Blank lines are passed over;
 * lines may end in LF, CRLF or CR; a quoted field may hold delimiters, line ends and doubled quotes.
 *
 * @param delimiter one character; default: whichever of comma, tab, semicolon and bar is most frequent in the first line
 * @throws RappelError 'data' naming file and line when a quote is not closed, or is followed by something else
 */
export function eachRecord(
  text: string,
  file: string,
  delimiter: string | undefined,
  visit: (fields: string[], line: number) => void,
): void {
  const clean = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const chosen = delimiter === undefined ? frequentDelimiter(clean) : checkDelimiter(delimiter)
  let line = 1
  let offset = 0
  Papa.parse<string[]>(clean, {
    delimiter: chosen,
    newline: '\n',
    step: ({ data, errors, meta }) => {
      if (errors.length > 0) throw quoteError(errors, file, line + lineEnds(clean, offset, errors[0].index ?? offset))
      if (data.length > 1 || data[0].trim() !== '')
        visit(
          data.map((field) => field.trim()),
          line,
        )
      line += lineEnds(clean, offset, meta.cursor)
      offset = meta.cursor
    },
  })
}

function quoteError(errors: readonly { code: string }[], file: string, line: number) {
  // After a quote that closes too early Papa Parse also misses the closing one: the first error is the cause.
  return errors[0].code === 'InvalidQuotes'
    ? dataError(
        `${file}:${line}: something follows a closing quote, expected the delimiter or the end of the line`,
        'write a quote inside a quoted field twice: ""',
      )
    : dataError(`${file}:${line}: the quote opened here is never closed`, 'close it, or remove it')
}

function lineEnds(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count++
  return count
}

function frequentDelimiter(text: string): string {
  const [first] = text.trimStart().split('\n', 1)
  const unquoted = first.replace(/"[^"]*"/g, '')
  const frequency = (delimiter: string) => unquoted.split(delimiter).length
  return delimiters.toSorted((a, b) => frequency(b) - frequency(a))[0]
}

function checkDelimiter(delimiter: string): string {
  if (typeof delimiter === 'string' && delimiter.length === 1 && !/["\r\n\uFEFF]/.test(delimiter)) return delimiter
  throw usageError(`delimiter is ${show(delimiter)}, expected one character`, "for example ',' or ';' or '\\t'")
}
