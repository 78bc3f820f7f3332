/** @file What to do when nobody reads our output any more. */

/**
 * A reader that went away (`rappel train --events | head -1`, a closed terminal) does not end a training. Output that
 * cannot be written for another reason, such as a full disk, is told at the end by the exit status 1.
 */
export function surviveClosedStreams(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'EIO' || stream === process.stderr) return
      process.stderr.write(`rappel: the output cannot be written: ${error.message}\n`)
      process.on('exit', () => {
        process.exitCode ||= 1
      })
    })
}
