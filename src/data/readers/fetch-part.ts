/** @file One file from one server, into a part that is already there or begins empty. */

/** How far it is. */
export interface Fetched {
  readonly done: number
  readonly total?: number
}

export interface FetchOptions {
  /** What the file's length must be, where it is known. */
  readonly bytes: number | undefined
  /** Seconds without a byte. */
  readonly patience: number
  readonly tell: (fetched: Fetched) => void
}

/** Times that a transfer is taken up again which broke off after it had brought something. */
const mostAttempts = 5

/** Bytes from one report to the next. */
const reportEvery = 2 ** 20

/** What a server or the way to it did wrong, in words for the user. Everything else that is thrown is the disk's. */
class ServerFailure extends Error {}

/**
 * Fetches what is missing of a file. Bytes are written at their place in it, so that two processes which fetch the same file into the same
 * part do not harm each other.
 *
 * @returns undefined when all is there, or why it is not; what came stays in the part
 * @throws what writing throws
 */
export async function fetchInto(part: string, url: string, options: FetchOptions): Promise<string | undefined> {
  const { open, constants } = await import('node:fs/promises')
  const file = await open(part, constants.O_RDWR | constants.O_CREAT)
  try {
    for (let attempt = 1; ; attempt++) {
      const { size } = await file.stat()
      try {
        await fetchRest(file, size, url, options)
        return undefined
      } catch (error) {
        if (!(error instanceof ServerFailure)) throw error
        const more = (await file.stat()).size > size
        if (!more || attempt === mostAttempts) return error.message
      }
    }
  } finally {
    await file.close()
  }
}

type File = import('node:fs/promises').FileHandle

async function fetchRest(file: File, size: number, url: string, options: FetchOptions): Promise<void> {
  const { bytes, tell } = options
  if (size === bytes) return tell({ done: size, total: bytes })
  const line = new Line(url, options.patience)
  try {
    // A part that is longer than the file cannot be its beginning.
    const begun = size > 0 && (bytes === undefined || size < bytes)
    let response = await line.get(begun ? size : 0)
    // 416: there is nothing from there on. The part was whole, or of another file: from the beginning, which settles it.
    if (response.status === 416) {
      await response.body?.cancel()
      response = await line.get(0)
    }
    if (response.status !== 200 && response.status !== 206)
      throw new ServerFailure(`it answered ${response.status} ${response.statusText}`.trim())
    const start = response.status === 206 ? startOf(response) : 0
    if (start !== 0 && start !== size) throw new ServerFailure(`it sent bytes from ${start} on, asked for was ${size}`)
    const length = lengthOf(response)
    const total = length === undefined ? undefined : start + length
    if (bytes !== undefined && total !== undefined && total !== bytes)
      throw new ServerFailure(`its file has ${total} bytes, expected ${bytes}`)
    const done = await save(file, start, line.chunks(response), { ...options, total: bytes ?? total })
    const expected = bytes ?? total
    if (expected !== undefined && done !== expected)
      throw new ServerFailure(`it ended after ${done} of ${expected} bytes`)
    await file.truncate(done)
    tell({ done, total: done })
  } finally {
    line.end()
  }
}

/** Writes what comes. @returns where it ended */
async function save(
  file: File,
  start: number,
  chunks: AsyncIterable<Uint8Array>,
  { bytes, total, tell }: FetchOptions & { total: number | undefined },
): Promise<number> {
  let [done, told] = [start, start]
  const progress = () => tell({ done, ...(total !== undefined && { total }) })
  progress()
  for await (const chunk of chunks) {
    if (bytes !== undefined && done + chunk.length > bytes)
      throw new ServerFailure(`it sends more than the ${bytes} bytes that are expected`)
    for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at, chunk.length - at, done + at)).bytesWritten
    done += chunk.length
    if (done - told < reportEvery) continue
    told = done
    progress()
  }
  return done
}

/** Where a partial answer begins. */
function startOf(response: Response): number {
  const [, start] = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '') ?? []
  if (start === undefined) throw new ServerFailure('it sent a part without saying which')
  return Number(start)
}

function lengthOf(response: Response): number | undefined {
  const length = response.headers.get('content-length')
  // The length of a packed answer is not the file's.
  const packed = response.headers.get('content-encoding')
  return length === null || (packed !== null && packed !== 'identity') ? undefined : Number(length)
}

/** A connection that is given up when nothing comes for a while. */
class Line {
  readonly #url: string
  readonly #patience: number
  readonly #stop = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(url: string, patience: number) {
    this.#url = url
    this.#patience = patience
  }

  /** @param from the first byte wanted */
  async get(from: number): Promise<Response> {
    // Packed on the way, the bytes could not be counted.
    const headers: Record<string, string> = { 'accept-encoding': 'identity' }
    if (from > 0) headers.range = `bytes=${from}-`
    return this.#watch(() => fetch(this.#url, { headers, signal: this.#stop.signal }))
  }

  async *chunks(response: Response): AsyncGenerator<Uint8Array> {
    const reader = response.body?.getReader()
    if (reader === undefined) return
    for (;;) {
      const { done, value } = await this.#watch(() => reader.read())
      if (done) return
      yield value
    }
  }

  /** Also when the rest of an answer is not wanted. */
  end(): void {
    clearTimeout(this.#timer)
    this.#stop.abort()
  }

  async #watch<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.#timer)
    let late = false
    this.#timer = setTimeout(() => {
      late = true
      this.#stop.abort()
    }, this.#patience * 1000)
    try {
      return await work()
    } catch (error) {
      throw new ServerFailure(late ? `nothing came for ${this.#patience} seconds` : networkText(error), {
        cause: error,
      })
    } finally {
      clearTimeout(this.#timer)
    }
  }
}

const meanings: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up',
  ECONNREFUSED: 'it refused the connection',
  ECONNRESET: 'the connection broke off',
  UND_ERR_SOCKET: 'the connection broke off',
  ENETUNREACH: 'there is no network to it',
  EHOSTUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it did not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it did not answer',
}

/** `fetch` hides the reason in causes, and in lists of them where a name has several addresses. */
function networkText(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = (cause instanceof AggregateError ? cause.errors[0] : cause) as { code?: unknown }
    if (typeof code === 'string') return `could not reach it: ${meanings[code] ?? cause.message} (${code})`
  }
  return `could not reach it: ${error instanceof Error ? error.message : String(error)}`
}
