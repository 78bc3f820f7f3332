/** @file train-validation-leak: validation examples that are in the training part too. */
import type { DiagnosisRule } from '../../rule.ts'
import { checkedAs, judgedFrom } from '../../statistics/checked.ts'

export const trainValidationLeak: DiagnosisRule = {
  code: 'train-validation-leak',
  basis: ['data'],
  statistic:
    'Validation rows with exactly the inputs of a training row; and those nearer to one than 0.15 of the distance that training rows usually have from each other.',
  threshold:
    'More than 1% of the validation rows (three at least), an error from 10%. Near copies: 5% more than three times the share inside the training part. Rows that can only take few values are duplicates by nature: information.',
  source:
    'Barz and Denzler 2020, arXiv:1902.00423 (near-duplicates in CIFAR); Kaufman et al. 2012, Leakage in data mining',
  judge(run) {
    const finding = checkedAs(run, 'train-validation-leak')
    return finding && judgedFrom(finding)
  },
}
