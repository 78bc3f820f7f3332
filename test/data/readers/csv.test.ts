/** @file CSV: what is read from good text, and what is said of each kind of broken file. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { type CsvOptions, csv, parseCsv, readCsv } from '../../../src/data/readers/csv.ts'
import { loadData } from '../../../src/data/source.ts'
import { failure } from '../failure.ts'

/** Features, targets and classes in a form that fits on a line. */
function read(text: string, options?: CsvOptions) {
  const data = parseCsv(text, options)
  const width = data.inputs.shape[1]
  const rows = Array.from({ length: data.inputs.shape[0] }, (_, r) =>
    [...data.inputs.data.slice(r * width, r * width + width), data.targets.data[r]].join(' '),
  )
  return { rows, names: data.featureNames, classes: data.task === 'classification' ? data.classes : undefined }
}

const plain = { rows: ['1 2 0', '3 4 1'], names: ['a', 'b'], classes: ['x', 'y'] }

describe('form', () => {
  test.each([
    ['LF', 'a,b,c\n1,2,x\n3,4,y\n'],
    ['no line end at the end', 'a,b,c\n1,2,x\n3,4,y'],
    ['CRLF', 'a,b,c\r\n1,2,x\r\n3,4,y\r\n'],
    ['CR', 'a,b,c\r1,2,x\r3,4,y\r'],
    ['mixed line ends with quotes', 'a,b,c\r\n"1",2,x\n3,4,y\r\n'],
    ['blank lines', '\na,b,c\n\n1,2,x\n  \n3,4,y\n\n\n'],
    ['a byte order mark', '\uFEFFa,b,c\n1,2,x\n3,4,y\n'],
    ['spaces around fields', 'a , b, c\n 1, 2 ,x \n3,4, y\n'],
    ['quotes everywhere', '"a","b","c"\n"1","2","x"\n"3","4","y"\n'],
    ['semicolons', 'a;b;c\n1;2;x\n3;4;y\n'],
    ['tabs', 'a\tb\tc\n1\t2\tx\n3\t4\ty\n'],
    ['bars', 'a|b|c\n1|2|x\n3|4|y\n'],
  ])('%s', (_, text) => expect(read(text)).toEqual(plain))

  test('a delimiter of its own', () => expect(read('a b c\n1 2 x\n3 4 y', { delimiter: ' ' })).toEqual(plain))
  test('quoted fields hold delimiters, line ends and doubled quotes', () => {
    const text = '"first, second","say ""b""",label\n1,2,"two\nlines"\n3,4,"a,b"\n'
    expect(read(text)).toEqual({
      rows: ['1 2 1', '3 4 0'],
      names: ['first, second', 'say "b"'],
      classes: ['a,b', 'two\nlines'],
    })
  })
  test('numbers as programs write them', () => {
    const text = 'a,b,c,d,e,y\n-1,+2,.5,3.,1e-3,0\n1E2,-0,007,1.5e+2,3.4e38,0\n'
    expect([...parseCsv(text).inputs.data]).toEqual([-1, 2, 0.5, 3, 1e-3, 100, -0, 7, 150, 3.4e38].map(Math.fround))
  })
})

describe('header', () => {
  test('none when a field of the first line is a number', () => {
    expect(read('1,2,x\n3,4,y')).toEqual({ ...plain, names: ['column 1', 'column 2'] })
  })
  test('numbers as column names need header: true', () => {
    expect(read('0,1,label\n1,2,x\n3,4,y', { header: true })).toEqual({ ...plain, names: ['0', '1'] })
  })
  test('a column without a name is named by its place', () => {
    expect(read(',b,c\n1,2,x\n3,4,y').names).toEqual(['column 1', 'b'])
  })
})

describe('target', () => {
  const text = 'label,a,id,b\nx,1,101,2\ny,3,102,4\n'

  test('by name, with a column left out', () => expect(read(text, { target: 'label', ignore: ['id'] })).toEqual(plain))
  test('by number', () => expect(read(text, { target: 1, ignore: [3] })).toEqual(plain))
  test('the last of those that are kept', () => {
    expect(read('a,b,c,id\n1,2,x,8\n3,4,y,9', { ignore: ['id'] })).toEqual(plain)
  })
  test('numbers are sorted by size and compared as numbers', () => {
    expect(read('a,y\n1,10\n2,2\n3,2.0\n4,010')).toEqual({
      rows: ['1 1', '2 0', '3 0', '4 1'],
      names: ['a'],
      classes: ['2', '10'],
    })
  })
  test('numbers among texts are texts', () => {
    expect(read('a,y\n1,A\n2,7\n3,B').classes).toEqual(['7', 'A', 'B'])
  })
  test('numbers that round to the same are different classes', () => {
    expect(read('a,y\n1,9007199254740993\n2,9007199254740992').classes).toEqual([
      '9007199254740992',
      '9007199254740993',
    ])
  })
  test('classes in a given order, also ones that do not occur', () => {
    expect(read('a,y\n1,x\n2,y', { classes: ['y', 'z', 'x'] }).rows).toEqual(['1 2', '2 0'])
    expect(read('a,y\n1,2.0\n2,0', { classes: ['0', '1', '2'] }).rows).toEqual(['1 2', '2 0'])
  })
  test('regression', () => {
    const data = parseCsv('a,y\n1,0.5\n2,-3\n', { task: 'regression' })
    expect(data.targets).toEqual({ dtype: 'float32', shape: [2, 1], data: Float32Array.of(0.5, -3) })
  })
})

describe('broken text', () => {
  const head = 'width,height,label\n'
  const cases: [string, string, CsvOptions, string][] = [
    ['nothing', '', {}, 'data: f.csv is empty, expected lines of comma-separated values'],
    ['only blank lines', '\n  \n', {}, 'data: f.csv is empty, expected lines of comma-separated values'],
    ['only a header', head, {}, 'data: f.csv holds column names and no rows → add at least one line of values'],
    [
      'one column',
      'a\n1\n',
      {},
      "data: f.csv has one column, expected at least one feature and the target → if other characters than , ; | or tab separate the fields, say delimiter: '...'",
    ],
    [
      'nothing left but the target',
      head,
      { ignore: ['width', 'height'] },
      'data: f.csv has 3 columns, expected at least one feature and the target',
    ],
    [
      'too few fields',
      `${head}1,2,x\n3,4\n`,
      {},
      "data: f.csv:3: 2 fields, expected 3 ('width' to 'label') → the line ends before column 'label': complete it, or remove it",
    ],
    [
      'too many fields',
      `${head}1,2,x\n3,4,y,5\n`,
      {},
      "data: f.csv:3: 4 fields, expected 3 ('width' to 'label') → remove what is too much, or quote a field that holds the delimiter",
    ],
    [
      'too few fields after a quoted line end and a blank line',
      `${head}1,2,"a\nb"\n\n3\n`,
      {},
      "data: f.csv:5: one field, expected 3 ('width' to 'label') → the line ends before column 'height': complete it, or remove it",
    ],
    [
      'an empty field',
      `${head}1,,x\n`,
      {},
      "data: f.csv:2: column 'height' is empty, expected a number → fill the gap, remove the line, or leave the column out with ignore",
    ],
    [
      'a missing value',
      `${head}1,2,x\n3,NA,y\n`,
      {},
      'data: f.csv:3: column \'height\' is "NA", a missing value, expected a number → fill the gap, remove the line, or leave the column out with ignore',
    ],
    [
      'NaN',
      `${head}nan,2,x\n`,
      {},
      'data: f.csv:2: column \'width\' is "nan", a missing value, expected a number → fill the gap, remove the line, or leave the column out with ignore',
    ],
    [
      'an infinity',
      `${head}1,-inf,x\n`,
      {},
      'data: f.csv:2: column \'height\' is "-inf", expected a finite number within ±3.4e38 → correct the value, or remove the line',
    ],
    [
      'a number beyond float32',
      `${head}1,1e39,x\n`,
      {},
      'data: f.csv:2: column \'height\' is "1e39", expected a finite number within ±3.4e38 → correct the value, or remove the line',
    ],
    [
      'a text',
      `${head}1,tall,x\n`,
      {},
      'data: f.csv:2: column \'height\' is "tall", expected a number → turn text into numbers first (one column of 0 and 1 for each category), or leave the column out with ignore',
    ],
    [
      'a hexadecimal number',
      `${head}1,0x10,x\n`,
      {},
      'data: f.csv:2: column \'height\' is "0x10", expected a number → turn text into numbers first (one column of 0 and 1 for each category), or leave the column out with ignore',
    ],
    [
      'a decimal comma',
      'width;height;label\n1,5;2;x\n',
      {},
      'data: f.csv:2: column \'width\' is "1,5", expected a number → write decimals with a point',
    ],
    [
      'column names that hold a number',
      'width,2,label\n1,2,x\n',
      {},
      'data: f.csv:1: column \'column 1\' is "width", expected a number → if line 1 holds the column names, say header: true',
    ],
    [
      'numbers as column names, numbers as labels',
      '0,1,label\n1,2,0\n3,4,1\n',
      {},
      'data: f.csv:1: column \'column 3\' is "label", the other labels are numbers → if the line holds the column names, say header: true',
    ],
    [
      'a quote that is never closed',
      `${head}1,2,x\n3,"4,y\n5,6,x\n`,
      {},
      'data: f.csv:3: the quote opened here is never closed → close it, or remove it',
    ],
    [
      'text after a closing quote',
      `${head}1,"2"3,x\n4,5,y\n`,
      {},
      'data: f.csv:2: something follows a closing quote, expected the delimiter or the end of the line → write a quote inside a quoted field twice: ""',
    ],
    [
      'two columns of one name',
      'a,b,a\n1,2,x\n',
      {},
      "data: f.csv:1: columns 1 and 3 are both named 'a' → give every column its own name; if the file has no column names, say header: false",
    ],
    [
      'an empty label',
      `${head}1,2,x\n3,4,\n`,
      {},
      "data: f.csv:3: column 'label' is empty, expected a target → fill the gap, or remove the line",
    ],
    [
      'a missing label among numbers',
      `${head}1,2,0\n3,4,1\n5,6,?\n`,
      {},
      'data: f.csv:4: column \'label\' is "?", a missing value; the other labels are numbers → fill the gap, or remove the line',
    ],
    [
      'a label that is no whole number',
      `${head}1,2,0\n3,4,0.5\n`,
      {},
      "data: f.csv:3: column 'label' is 0.5, expected a whole number or a text as the label of a class → for numbers to be predicted say task: 'regression'",
    ],
    [
      'a label that is in none of the classes',
      `${head}1,2,cat\n3,4,dgo\n`,
      { classes: ['cat', 'dog'] },
      "data: f.csv:3: column 'label' is \"dgo\", which is not in classes → did you mean 'dog'?",
    ],
    [
      'a regression target that is text',
      `${head}1,2,0\n3,4,y\n`,
      { task: 'regression' },
      'data: f.csv:3: column \'label\' is "y", expected a number → turn text into numbers first (one column of 0 and 1 for each category), or leave the column out with ignore',
    ],
    [
      'a mistyped target',
      head,
      { target: 'lable' },
      'usage: f.csv has no column "lable" (target) → did you mean \'label\'?',
    ],
    [
      'a target that is not there',
      head,
      { target: 'species' },
      'usage: f.csv has no column "species" (target) → expected one of: width, height, label',
    ],
    ['a column number beyond', head, { ignore: [4] }, 'usage: ignore is column 4, expected 1 to 3: f.csv has so many'],
    [
      'a target that is left out',
      head,
      { target: 'label', ignore: [3] },
      "usage: target and ignore both name the column 'label' of f.csv",
    ],
    [
      'a mistyped option',
      head,
      { targte: 'label' } as CsvOptions,
      "usage: csv has no option 'targte' → did you mean 'target'?",
    ],
    [
      'a task that does not exist',
      head,
      { task: 'clustering' as 'regression' },
      "usage: task is \"clustering\", expected 'classification' or 'regression'",
    ],
    [
      'a delimiter of two characters',
      head,
      { delimiter: '||' },
      "usage: delimiter is \"||\", expected one character → for example ',' or ';' or '\\t'",
    ],
  ]
  test.each(cases)('%s', async (_, text, options, message) => {
    expect(await failure(() => parseCsv(text, options, 'f.csv'))).toBe(message)
  })
})

describe('laws', () => {
  const field = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', '\n', ' ', ';', '7') }),
    fc.constantFrom('x', 'y'),
  )

  test('what is written is read', () => {
    const rows = fc.array(fc.tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), field), { minLength: 1 })
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n'), (pairs, end) => {
        const labelled = pairs.map(([x, label]) => [x, `_${label.trim()}_`] as const)
        const quoted = labelled.map(([x, label]) => `${Object.is(x, -0) ? '-0' : x},"${label.replaceAll('"', '""')}"`)
        const data = parseCsv(['value,label', ...quoted].join(end))
        expect(data.inputs.data).toEqual(Float32Array.from(labelled, ([x]) => x))
        const classes = data.task === 'classification' ? data.classes : []
        expect(Array.from(data.targets.data, (i) => classes[i])).toEqual(labelled.map(([, label]) => label))
      }),
    )
  })
  test('any text gives a data set or an error of ours', async () => {
    const anyText = fc.string({ unit: fc.constantFrom('1', '2', '.', ',', ';', '"', '\n', '\r', 'a', ' ', '-', '\0') })
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        try {
          parseCsv(text)
        } catch {
          expect(await failure(() => parseCsv(text))).toMatch(/^(data|usage): /)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rappel-csv-'))
  const write = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is read by path and by URL, at once and when needed', async () => {
    const path = write('good.csv', 'a,b\n1,x\n2,y\n')
    const data = await readCsv(path)
    expect(data.name).toBe(path)
    expect(data).toMatchObject({ task: 'classification', classes: ['x', 'y'] })
    expect((await readCsv(pathToFileURL(path))).inputs).toEqual(data.inputs)
    expect(await loadData(csv(path))).toEqual(data)
  })
  test('options are checked before the file is needed', async () => {
    expect(await failure(() => csv('later.csv', { tagret: 'x' } as CsvOptions))).toBe(
      "usage: csv has no option 'tagret' → did you mean 'target'?",
    )
  })
  test('the message names the file', async () => {
    const path = write('bad.csv', 'a,b\n1,x\n?,y\n')
    expect(await failure(() => readCsv(path))).toMatch(`data: ${path}:3: column 'a' is "?", a missing value`)
  })
  test('missing, with a neighbour', async () => {
    write('flowers.csv', 'a,b\n')
    expect(await failure(() => readCsv(join(folder, 'flowrs.csv')))).toBe(
      `data: ${join(folder, 'flowrs.csv')} does not exist → did you mean 'flowers.csv'? (in ${folder})`,
    )
  })
  test('missing, without one', async () => {
    expect(await failure(() => readCsv(join(folder, 'temperatures-2026')))).toBe(
      `data: ${join(folder, 'temperatures-2026')} does not exist → looked in ${folder}`,
    )
    expect(await failure(() => readCsv(join(folder, 'none', 'a.csv')))).toBe(
      `data: ${join(folder, 'none', 'a.csv')} does not exist → the folder ${join(folder, 'none')} does not exist either`,
    )
  })
  test('what is no path', async () => {
    expect(await failure(() => readCsv(new URL('https://example.org/a.csv')))).toBe(
      'data: https://example.org/a.csv cannot be read: The URL must be of scheme file → check the path',
    )
    expect(await failure(() => readCsv(undefined as unknown as string))).toMatch(
      'data: undefined cannot be read: The "path"',
    )
  })
  test('a folder', async () => {
    mkdirSync(join(folder, 'sub.csv'))
    expect(await failure(() => readCsv(join(folder, 'sub.csv')))).toBe(
      `data: ${join(folder, 'sub.csv')} is a folder, expected a file → name one file in it`,
    )
  })
  test.skipIf(!existsSync('/dev/zero'))('a device without an end', async () => {
    expect(await failure(() => readCsv('/dev/zero'))).toBe(
      'data: /dev/zero is neither a file nor a pipe, expected one of them → check the path',
    )
  })
  test.each<[string, string | Uint8Array, string]>([
    ['empty.csv', '', 'is empty, expected lines of comma-separated values'],
    [
      'binary.csv',
      Uint8Array.of(1, 2, 0, 3),
      'is a binary file, expected text → check the path; plain text holds no zero bytes',
    ],
    [
      'packed.csv',
      Uint8Array.of(0x1f, 0x8b, 8, 0),
      ': byte 4: the packed data end too early → the file is damaged: fetch it again',
    ],
    [
      'twice.csv',
      gzipSync(gzipSync('a,b\n')),
      'is packed with gzip twice, expected text → unpack it first: gunzip FILE',
    ],
    [
      'sheet.csv.gz',
      gzipSync(Uint8Array.of(1, 2, 0, 3)),
      'is a binary file, expected text → check the path; plain text holds no zero bytes',
    ],
    [
      'sheet.csv',
      Uint8Array.of(0x50, 0x4b, 3, 4),
      'is a zip or Excel file, expected text → unpack it, or export the sheet as CSV',
    ],
    ['wide.csv', Uint8Array.of(0xff, 0xfe, 0x61, 0), 'is UTF-16, expected text → save it as UTF-8'],
    ['latin.csv', Uint8Array.of(0x61, 0xe9, 0x2c, 0x62), 'is not UTF-8 text → save it as UTF-8'],
  ])('%s', async (name, content, message) => {
    const path = write(name, content)
    expect(await failure(() => readCsv(path))).toBe(`data: ${path}${message.startsWith(':') ? '' : ' '}${message}`)
  })
  test('packed with gzip, whatever its name', async () => {
    const text = 'a,b\n1,x\n2,y\n'
    const plain = await readCsv(write('plain.csv', text))
    for (const name of ['small.csv.gz', 'small.csv']) {
      const path = write(name, gzipSync(text))
      expect(await readCsv(path)).toEqual({ ...plain, name: path, source: path })
    }
  })
  test('more than a string can hold is not unpacked', async () => {
    const zeros = gzipSync(Buffer.alloc(2 ** 20, ' '), { level: 9 })
    const path = write('bomb.csv.gz', Buffer.concat(Array(501).fill(zeros)))
    expect(await failure(() => readCsv(path))).toMatch(`data: ${path}: byte 524288000 (unpacked): more bytes follow`)
  })
})
