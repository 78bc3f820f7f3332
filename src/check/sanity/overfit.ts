/** @file Learning a few examples by heart, with three controls: their own targets, shuffled ones, and inputs of zeros. */
import { RandomStream } from '../../base/random.ts'
import type { Engine } from '../../engine/engine.ts'
import type { NetDescription } from '../../train/graphs.ts'
import { number, plural } from '../words.ts'
import { chooseFew, reachable } from './few.ts'
import { bestConstant } from './formula.ts'
import { type Learnt, learn, learnBudget } from './learn.ts'
import { type Findings, type SanityFinding, speaker } from './report.ts'
import type { Sample } from './sample.ts'

const { fail, pass, skipped } = speaker('overfit')

const fewExamples = 20
/** Learnt by heart: so small a part is left of what there is to learn, from guessing down to the least possible loss. */
const learnt = 0.1
/** Nothing learnt, by whatever net: so large a part is left. */
const notLearnt = 0.99
/** Below what zeroed inputs can give: so large a part of it is gone. */
const readsElsewhere = 0.1
/** Values in the parameters for each number to be learnt, from which on a net is large enough without doubt. */
const ample = 10
/** A control gets so many times the steps that the examples themselves took, and at least so many. */
const [controlTimes, controlSteps] = [5, 60]
/** Adam's rates, in the order of trying. */
const rates = [0.01, 0.001, 0.1]

/**
 * About 20 examples with Adam, without penalty, dropout, augmentation and constraint, at rates of its own. A net with room enough reaches the least
 * possible loss. The same with shuffled targets shows that it can learn anything by heart; the same with inputs of zeros must not get
 * below the best single answer, since there is nothing to tell the examples by.
 *
 * @param options.deaf whether the first scores are the same whatever the inputs
 */
export async function checkOverfit(
  net: NetDescription,
  engine: Engine,
  sample: Sample,
  options: { readonly seed: number; readonly signal?: AbortSignal; readonly deaf?: boolean },
): Promise<Findings> {
  const { seed, signal } = options
  const labelled = net.loss.task === 'classification' && net.targetShape.length === 0
  const few = chooseFew(sample, fewExamples, labelled, seed)
  const count = few.rows.length
  if (count < 2) return [skipped('All examples that were looked at have the same inputs.')]
  const budget = learnBudget(net, count)
  if (budget.steps === 0)
    return [
      skipped(
        `A step of this net on ${count} examples takes about ${number(budget.milliseconds)} ms: too long for some hundred of them.`,
      ),
    ]
  const { scores } = budget
  const formula = net.loss.formula?.(scores)
  if (formula === undefined)
    return [skipped(`The least value of ${net.loss.name} is not known: it does not say its formula.`)]
  const classes = scores.at(-1) ?? 1
  const targets = { values: few.targets, width: few.targetWidth, classes }
  const chance = bestConstant(
    formula,
    targets,
    few.rows.map((_, k) => k),
  )
  const sequence = net.targetShape.length > 0 && net.featureShape[0] === net.targetShape[0]
  const floor = reachable(formula, few, classes, sequence ? net.targetShape[0] : 1)
  if (chance - floor < 1e-6) return [skipped('The examples that were looked at all have the same target.')]
  const goal = floor + (learnt / 2) * (chance - floor)
  const run = (given: Sample, rate: number, steps: number) =>
    learn(net, engine, given, { rate, steps, seed, goal, signal })
  let own: Learnt | undefined
  for (const rate of rates) {
    const tried = await run(few, rate, budget.steps)
    if (own === undefined || tried.loss < own.loss || !Number.isFinite(own.loss)) own = tried
    if (own.loss <= goal) break
  }
  if (own === undefined) return []
  const steps = Math.min(budget.steps, Math.max(controlSteps, controlTimes * own.steps))
  const shuffled = await run(withShuffledTargets(few, seed), own.rate, steps)
  const zeroed = await run({ ...few, inputs: new Float32Array(few.inputs.length) }, own.rate, steps)
  return judge({ deaf: options.deaf === true, own, shuffled, zeroed, chance, floor, count, outputs: few.targetWidth })
}

interface Runs {
  readonly deaf: boolean
  readonly own: Learnt
  readonly shuffled: Learnt
  readonly zeroed: Learnt
  readonly chance: number
  readonly floor: number
  readonly count: number
  /** Numbers to be learnt for each example. */
  readonly outputs: number
}

function judge(runs: Runs): Findings {
  const { deaf, own, shuffled, zeroed, chance, floor, count, outputs } = runs
  const left = (own.loss - floor) / (chance - floor)
  const evidence = {
    examples: count,
    loss: own.loss,
    shuffledLoss: shuffled.loss,
    zeroedLoss: zeroed.loss,
    chance,
    least: floor,
    steps: own.steps,
    learningRate: own.rate,
    parameters: own.size,
  }
  const found = {
    expected: `a loss near ${number(floor)} on ${count} examples, with shuffled targets too where the net is large, and not below ${number(chance)} with inputs of zeros`,
    got: `${number(own.loss)} after ${own.steps} steps; shuffled ${number(shuffled.loss)}, zeros ${number(zeroed.loss)}`,
    evidence,
  }
  const findings: SanityFinding[] = []
  const still = stillParameters(own, deaf)
  if (own.loss < floor - 1e-3 - 0.01 * Math.abs(chance - floor))
    findings.push(
      fail({
        ...found,
        code: 'wrong-sign',
        words:
          'The loss fell below the least that it can be: something in it goes down without end where it should have a bottom.',
      }),
    )
  else if (still !== undefined) findings.push(still)
  else if (zeroed.loss < floor + (1 - readsElsewhere) * (chance - floor) - 1e-4)
    findings.push(
      fail({
        ...found,
        words:
          'With inputs of zeros the examples cannot be told apart, and yet the net learns them: it knows their place in the batch, or reads something else than its inputs. Look for a parameter with as many rows as the batch.',
      }),
    )
  else if (!(left <= learnt)) findings.push(notByHeart(runs, found, left, own.size >= ample * count * outputs))
  if (findings.length > 0) return findings
  return [
    pass({
      ...found,
      words: `The net learns ${count} examples by heart: what it computes depends on its inputs, and its gradients lead downwards.`,
    }),
  ]
}

type Common = Pick<SanityFinding, 'expected' | 'got' | 'evidence'>

function notByHeart({ own, count }: Runs, found: Common, left: number, large: boolean): SanityFinding {
  if (!Number.isFinite(own.loss))
    return fail({
      ...found,
      code: 'exploding-gradient',
      words: `The loss became ${own.loss} at every learning rate that was tried (${rates.join(', ')}, Adam). Look for logarithms and divisions in the net, and at its first values.`,
    })
  const share = `${(100 * Math.max(0, 1 - left)).toFixed(0)}%`
  if (large || left > notLearnt)
    return fail({
      ...found,
      code: 'underfitting',
      words: `The net has ${plural(own.size, 'parameter value')} and cannot learn ${count} examples by heart, even without penalty and dropout: it got ${share} of the way. Something keeps it from its inputs or from its answers: an activation behind the last layer (a ReLU cannot give negative scores), units that are all off, a layer that throws away what matters.`,
    })
  return pass({
    ...found,
    words: `The net is small (${plural(own.size, 'parameter value')}): it learns ${share} of what there is in ${count} examples, which may be all that it has room for.`,
  })
}

/** Weights that never moved, and units that stayed the same. */
function stillParameters({ frozen, alike, size }: Learnt, deaf: boolean): SanityFinding | undefined {
  if (frozen.length > 0) {
    const zero = frozen.some(({ zeros }) => zeros)
    return fail({
      code: zero ? 'zero-init' : deaf ? 'dead-units' : 'frozen-layer',
      expected: 'every weight moves',
      got: `${frozen.map(({ name }) => name).join(', ')} did not move in training`,
      words: zero
        ? 'Weights of zeros on both sides of a layer keep its gradient at exactly 0 for ever: a product with 0 is 0. Begin with init.he() or init.glorot().'
        : deaf
          ? 'The scores are the same whatever the inputs, and no gradient comes back: all units of a layer are off (a large negative bias in front of a ReLU), or a layer throws its input away.'
          : 'The scores depend on the inputs, but no gradient comes back to these weights: nothing behind them depends on them, or a rounding, comparison or argmax stands in between.',
      evidence: { frozen: frozen.length, parameters: size },
    })
  }
  if (alike.length === 0) return undefined
  return fail({
    code: 'symmetric-units',
    expected: 'units that become different from each other',
    got: `all units of ${alike.join(', ')} are the same after training`,
    words:
      'Units that begin the same get the same gradient and stay the same: the layer is as good as one unit. Begin with random values: init.he() or init.glorot().',
    evidence: { layers: alike.length, parameters: size },
  })
}

/** Each example with the target of another. */
function withShuffledTargets(few: Sample, seed: number): Sample {
  const { targets, targetWidth } = few
  const order = new RandomStream(seed, 'sanity/shuffled').permutation(few.rows.length)
  const moved = targets.slice()
  order.forEach(
    (from, to) => void moved.set(targets.subarray(from * targetWidth, (from + 1) * targetWidth), to * targetWidth),
  )
  return { ...few, targets: moved }
}
