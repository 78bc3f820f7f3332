/** @file What a rule's definition becomes: scalars for the host, steps per element; mistakes in a definition are named. */
import { describe, expect, test } from 'vitest'
import { type Algebra, adam, type Expression, momentum, nesterov, rule, sgd } from '../../src/optim/index.ts'
import { everything } from './everything.ts'

describe('scalars are worked out on the host', () => {
  test.each([
    ['sgd', sgd({ learningRate: 0.25 }), [0.25]],
    ['momentum', momentum({ learningRate: 0.25, momentum: 0.5 }), [0.25, 0.5]],
    ['nesterov', nesterov({ learningRate: 0.25, momentum: 0.5 }), [0.25, 0.5, 1.5]],
    // t = 3, β1 = 1/2, β2 = 3/4: √(1 − β2³) = √37/8; α√(1 − β2³)/(1 − β1³) = (√37/8)/(7/8)
    [
      'adam',
      adam({ learningRate: 1, beta1: 0.5, beta2: 0.75, epsilon: 0.125 }),
      [0.5, 0.75, 0.5, 0.25, Math.sqrt(37) / 7, Math.sqrt(37) / 64],
    ],
  ])('%s', (_, { scalars }, expected) => {
    const found = [...scalars({ epoch: 0, step: 2 })]
    expect(found).toHaveLength(expected.length)
    found.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 15))
  })

  test('they are float64: 1 − β2 is not the difference of float32 numbers', () => {
    const found = adam({ beta2: 0.999 }).scalars({ epoch: 0, step: 0 })
    expect([...found]).toContain(1 - 0.999)
  })
  test('an array given is filled and returned', () => {
    const out = new Float64Array(1)
    expect(sgd({ learningRate: 0.5 }).scalars({ epoch: 0, step: 0 }, out)).toBe(out)
    expect(out[0]).toBe(0.5)
  })

  test('the learning rate times a factor, a number or a schedule, and no other rate; the next call has it whole again', () => {
    const at = { epoch: 2, step: 7 }
    const plain = { momentum: 0.9, learningRate: 0.5 }
    const decaying = { ...plain, learningRate: ({ epoch }: { epoch: number }) => 1 / epoch }
    for (const options of [plain, decaying]) {
      const rule = momentum(options)
      const whole = [...rule.scalars(at)]
      const tenth = [...rule.scalars(at, undefined, 0.1)]
      expect(tenth).toEqual([...momentum({ ...plain, learningRate: 0.5 * 0.1 }).scalars(at)])
      expect(tenth).not.toEqual(whole)
      expect([...rule.scalars(at)]).toEqual(whole)
    }
  })
  test('the same settings or not: the loop is the same, so nothing compiles again', () => {
    const shape = (r: { program: { steps: readonly { operation: string }[] } }) =>
      r.program.steps.map((s) => s.operation)
    expect(shape(adam({ beta1: 0.5, learningRate: ({ epoch }) => 1 / (1 + epoch) }))).toEqual(shape(adam()))
    expect(shape(adam())).toEqual('mul mul add mul mul mul add mul sqrt add div sub'.split(' '))
  })
})

test('the same operation on the same inputs is one step; a state that stays is not written', () => {
  const { program } = everything
  const once = program.steps.map(({ operation, inputs }) => `${operation} ${inputs.map(({ id }) => id).join()}`)
  expect(new Set(once).size).toBe(once.length)
  expect(program.outputs.map(({ name }) => name)).toEqual(['x', 'step', 'last', 'average', 'greatest', 'filled'])
})

describe('mistakes in a definition', () => {
  const make =
    (update: (op: Algebra, x: Expression, g: Expression, s: Expression, a: Expression) => Expression) => () =>
      rule({
        name: 'mine',
        hyper: { alpha: 0.1 },
        state: { s: 'zeros' },
        update: (op, { x, g, s }, { alpha }) => ({ x: update(op, x, g, s, alpha), s }),
      })
  const undefinedInput = undefined as unknown as Expression

  test.each([
    [make((op, x) => op.sub(x, undefinedInput)), 'sub got undefined as operand 2, expected an expression or a number'],
    [make((op, x) => op.exp(x)), 'exp got an expression over tensors, expected scalars (hyperparameters, t, numbers)'],
    [make((op, _, g) => op.pow(g, 2)), 'pow got an expression over tensors'],
    [
      make((op, x, g) => op.select(g as never, x, 0)),
      'select got a number as its condition, expected what less or greater gives',
    ],
    [make((op, x, g) => op.add(x, op.less(g, 0) as never)), 'add got a condition as operand 2'],
    [make(() => undefinedInput), "the rule 'mine' returns undefined as 'x', expected an expression"],
    [
      () => rule({ name: 'mine', hyper: { t: 1 }, state: {}, update: (_, { x }) => ({ x }) }),
      "the rule 'mine' uses the name 't' twice",
    ],
    [
      () => rule({ name: 'mine', hyper: { m: 1 }, state: { m: 'zeros' }, update: (_, { x, m }) => ({ x, m }) }),
      "the rule 'mine' uses the name 'm' twice",
    ],
    [
      () => rule({ name: 'mine', hyper: {}, state: {}, update: (_, { x }) => ({ x, velocity: x }) }),
      "the rule 'mine' returns 'velocity', which is not its state",
    ],
  ])('%s', (define, message) => expect(define).toThrow(message))
})
