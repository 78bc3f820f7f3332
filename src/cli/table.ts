/** @file Tables for the terminal: columns of text to the left, of numbers to the right. */
import type { Paint } from './report.ts'

export interface Cell {
  readonly text: string
  readonly style?: Parameters<Paint>[0]
}

export interface Column {
  readonly heading: string
  /** Default false: to the left. */
  readonly right?: boolean
}

/** Text is padded before it is painted: colours have no width. */
export function tableText(columns: readonly Column[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const widths = columns.map(({ heading }, column) =>
    Math.max(...[heading, ...rows.map((row) => row[column].text)].map(widthOf)),
  )
  const padded = (text: string, column: number) => {
    const space = ' '.repeat(widths[column] - widthOf(text))
    if (columns[column].right) return space + text
    return column === columns.length - 1 ? text : text + space
  }
  const heading = columns.map((column, i) => padded(column.heading, i)).join('  ')
  const lines = rows.map((row) =>
    row.map(({ text, style }, i) => (style === undefined ? padded(text, i) : paint(style, padded(text, i)))).join('  '),
  )
  return [paint('dim', heading.trimEnd()), ...lines.map((line) => line.trimEnd())].join('\n')
}

/** Characters, not code units: names may hold anything. */
function widthOf(text: string): number {
  return [...text].length
}
