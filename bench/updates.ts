/**
 * @file One update of 10 million float32 parameters: the WebAssembly loop beside PyTorch's fused optimisers, the typed-array loop beside one that is written by
 * hand. Interleaved in one run, medians and least: `RAPPEL_PYTHON=python3 node bench/updates.ts [rounds]`
 */
import { spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Arena } from '../src/base/tensor.ts'
import { adam, compileUpdate, momentum, type Rule } from '../src/optim/index.ts'
import { machine, machineText } from './report.ts'

const rounds = Number(process.argv[2] ?? 15)
const length = 10_000_000
const warmUps = 5

const rules: Readonly<Record<string, Rule>> = {
  momentum: momentum({ learningRate: 0.1, dialect: 'pytorch' }),
  adam: adam({ learningRate: 0.001 }),
}

/** Small values that are not all the same, and never 0. */
const fill = (array: Float32Array) => array.forEach((_, i) => (array[i] = ((i % 1013) - 506.5) / 1000))

function inWebAssembly(rule: Rule): () => void {
  const names = rule.program.tensors
  const arena = new Arena(names.map(() => ({ dtype: 'float32' as const, shape: [length] })))
  const tensors = Object.fromEntries(names.map((name) => [name, arena.place('float32', [length]).data]))
  fill(tensors.x)
  fill(tensors.g)
  const update = compileUpdate(rule, arena.memory).over([tensors])
  let step = 0
  return () => update(rule.scalars({ epoch: 0, step: step++ }))
}

function onArrays(rule: Rule): () => void {
  const [x, g] = [new Float32Array(length), new Float32Array(length)]
  fill(x)
  fill(g)
  const state = rule.init(x)
  return () => rule.update(x, g, state)
}

/** The same in the words that one would write. */
const byHand: Readonly<Record<string, () => () => void>> = {
  momentum() {
    const [x, g, v] = [new Float32Array(length), new Float32Array(length), new Float32Array(length)]
    fill(x)
    fill(g)
    const { fround } = Math
    const [rate, mu] = [fround(0.1), fround(0.9)]
    return () => {
      for (let i = 0; i < length; i++) {
        const velocity = fround(fround(mu * v[i]) + g[i])
        v[i] = velocity
        x[i] = fround(x[i] - fround(rate * velocity))
      }
    }
  },
  adam() {
    const [x, g, m, v] = Array.from({ length: 4 }, () => new Float32Array(length))
    fill(x)
    fill(g)
    const { fround, sqrt } = Math
    const [b1, b2, c1, c2] = [0.9, 0.999, 1 - 0.9, 1 - 0.999].map(fround)
    let t = 0
    return () => {
      t++
      const root = sqrt(1 - 0.999 ** t)
      const [rate, epsilon] = [fround((0.001 * root) / (1 - 0.9 ** t)), fround(1e-8 * root)]
      for (let i = 0; i < length; i++) {
        const slope = g[i]
        const mean = fround(fround(b1 * m[i]) + fround(c1 * slope))
        const square = fround(fround(b2 * v[i]) + fround(c2 * fround(slope * slope)))
        m[i] = mean
        v[i] = square
        x[i] = fround(x[i] - fround(fround(rate * mean) / fround(fround(sqrt(square)) + epsilon)))
      }
    }
  },
}

interface Contestant {
  readonly name: string
  time(): Promise<number> | number
  close?(): void
}

function here(name: string, step: () => void): Contestant {
  return {
    name,
    time() {
      const start = performance.now()
      step()
      return performance.now() - start
    },
  }
}

/** Undefined where there is no PyTorch. */
async function pytorch(rule: string, threads: number): Promise<Contestant | undefined> {
  const script = fileURLToPath(new URL('./peers/updates.py', import.meta.url))
  const child = spawn(process.env.RAPPEL_PYTHON ?? 'python3', [script, rule, String(length), String(threads)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { value, done } = await lines.next()
  const { version } = done ? {} : (JSON.parse(value) as { version?: string })
  if (version === undefined) return undefined
  return {
    name: `PyTorch ${version} fused, ${threads} thread${threads === 1 ? '' : 's'}`,
    async time() {
      child.stdin.write('\n')
      return (JSON.parse((await lines.next()).value as string) as { milliseconds: number }).milliseconds
    },
    close: () => child.stdin.end(),
  }
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b)
const load = () => loadavg()[0].toFixed(1)

console.log(
  `${machineText(machine())}; load ${load()}; ${rounds} rounds, ${length.toLocaleString('en')} parameters: ms, median and least\n`,
)
for (const [name, rule] of Object.entries(rules)) {
  const contestants = [
    here('WebAssembly, 1 thread', inWebAssembly(rule)),
    here('typed arrays', onArrays(rule)),
    here('typed arrays, by hand', byHand[name]()),
    ...(await Promise.all([1, 2].map((threads) => pytorch(name, threads)))).filter((peer) => peer !== undefined),
  ]
  const times = contestants.map((): number[] => [])
  for (let round = -warmUps; round < rounds; round++)
    for (const [i, contestant] of contestants.entries()) {
      const milliseconds = await contestant.time()
      if (round >= 0) times[i].push(milliseconds)
    }
  for (const contestant of contestants) contestant.close?.()
  const medians = times.map((own) => sorted(own)[rounds >> 1])
  contestants.forEach((contestant, i) => {
    const ratio =
      i === 1
        ? `${(medians[1] / medians[2]).toFixed(2)} of the one by hand`
        : i >= 3
          ? `WebAssembly takes ${(medians[0] / medians[i]).toFixed(2)} of it`
          : ''
    console.log(
      `${name.padEnd(9)} ${contestant.name.padEnd(34)} ${medians[i].toFixed(1).padStart(7)} ${sorted(times[i])[0].toFixed(1).padStart(7)}  ${ratio}`,
    )
  })
  console.log()
}
console.log(`load at the end ${load()}`)
