/** @file Schedules that fall by a law and have no end. CS231n notes, 'Annealing the learning rate'; Bottou 2012. */
import { checkOptions, checkRange } from '../../base/errors.ts'
import { named, type Schedule } from '../rate.ts'

/** The same value always. */
export function constant(value: number): Schedule {
  checkRange('constant: value', value, {})
  return named('constant', `${value}`, () => value)
}

/**
 * Drops by a factor every few epochs: from · factor^⌊epoch / everyEpochs⌋. The usual choices are half every 5 epochs or a
 * tenth every 20 (CS231n notes, "Annealing the learning rate").
 *
 * @param from the first value, > 0
 * @param factor > 0, default 0.5
 * @param everyEpochs > 0, default 5
 * @throws RappelError 'usage' when one is out of range
 */
export function step({
  from,
  factor = 0.5,
  everyEpochs = 5,
  ...others
}: {
  from: number
  factor?: number
  everyEpochs?: number
}): Schedule {
  checkOptions('step', others, ['from', 'factor', 'everyEpochs'])
  checkRange('step: from', from, { min: 0, open: 'min' })
  checkRange('step: factor', factor, { min: 0, open: 'min' })
  checkRange('step: everyEpochs', everyEpochs, { min: 0, open: 'min' })
  return named(
    'step',
    `${from}, times ${factor} every ${everyEpochs} epochs`,
    ({ epoch }) => from * factor ** Math.floor(epoch / everyEpochs),
  )
}

/**
 * Exponential decay: from · e^(−decay · epoch), with fractions of an epoch (CS231n notes: α = α0·e^(−kt)).
 *
 * @param from the first value, > 0
 * @param decay k ≥ 0 per epoch; the value halves every ln 2 / k epochs
 * @throws RappelError 'usage' when one is out of range
 */
export function exponential({ from, decay, ...others }: { from: number; decay: number }): Schedule {
  checkOptions('exponential', others, ['from', 'decay'])
  checkRange('exponential: from', from, { min: 0, open: 'min' })
  checkRange('exponential: decay', decay, { min: 0 })
  return named('exponential', `${from} · exp(−${decay} · epoch)`, ({ epoch }) => from * Math.exp(-decay * epoch))
}

/**
 * 1/t decay: from / (1 + decay · epoch), with fractions of an epoch (CS231n notes: α = α0/(1 + kt)).
 *
 * @param from the first value, > 0
 * @param decay k ≥ 0 per epoch; the value has halved after 1/k epochs
 * @throws RappelError 'usage' when one is out of range
 */
export function inverse({ from, decay, ...others }: { from: number; decay: number }): Schedule {
  checkOptions('inverse', others, ['from', 'decay'])
  checkRange('inverse: from', from, { min: 0, open: 'min' })
  checkRange('inverse: decay', decay, { min: 0 })
  return named('inverse', `${from} / (1 + ${decay} · epoch)`, ({ epoch }) => from / (1 + decay * epoch))
}

/**
 * Bottou's decay, in steps: from / (1 + from·λ·step)^power (Bottou 2012, section 5.2: γ0/(1 + γ0·λ·t), with λ the strength of the penalty
 * λ/2·|w|²; averaged SGD takes the power ¾, Bottou 2010). He finds γ0 on a small sample: `rappel train --find-rate` does.
 *
 * @param from γ0 > 0
 * @param lambda λ ≥ 0 per step
 * @param power > 0, default 1
 * @throws RappelError 'usage' when one is out of range
 */
export function bottou({
  from,
  lambda,
  power = 1,
  ...others
}: {
  from: number
  lambda: number
  power?: number
}): Schedule {
  checkOptions('bottou', others, ['from', 'lambda', 'power'])
  checkRange('bottou: from', from, { min: 0, open: 'min' })
  checkRange('bottou: lambda', lambda, { min: 0 })
  checkRange('bottou: power', power, { min: 0, open: 'min' })
  const text = `${from} / (1 + ${from * lambda} · step)${power === 1 ? '' : `^${power}`}`
  return named('bottou', text, ({ step }) => from / (1 + from * lambda * step) ** power)
}
