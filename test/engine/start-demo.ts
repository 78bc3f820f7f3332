/** @file Run by missing.test.ts: the command line, as bin/rappel.js calls it. */
import { main } from '../../src/cli/main.ts'

process.exitCode = await main(['demo'])
