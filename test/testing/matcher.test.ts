/** @file The matcher in Vitest itself: green on a right gradient, red with words on a wrong one, and on one that shows nothing. */
import { expect, test } from 'vitest'
import { toPassGradientCheck } from '../../src/testing/index.ts'

expect.extend({ toPassGradientCheck })

declare module 'vitest' {
  interface Matchers {
    toPassGradientCheck(at: unknown, options?: object): Promise<void>
  }
}

const cubes = (factor: number) => ({
  loss: ({ a, b }: { a: number[]; b: number[] }) => a[0] ** 3 + b[0] ** 3,
  // ∂x³ = 3x².
  gradient: ({ a, b }: { a: number[]; b: number[] }) => ({ a: [3 * a[0] ** 2], b: [factor * b[0] ** 2] }),
})
const at = { a: [0.7], b: [-1.3] }

const failure = async (assertion: Promise<void>) => {
  try {
    await assertion
  } catch (error) {
    return (error as Error).message
  }
  return 'it passed'
}

test('a right gradient', async () => {
  await expect(cubes(3)).toPassGradientCheck(at)
  expect(await failure(expect(cubes(3)).not.toPassGradientCheck(at))).toMatch(
    /^expected the gradient check to fail, but/,
  )
})

test('a wrong gradient, with the tensor named', async () => {
  await expect(cubes(6)).not.toPassGradientCheck(at)
  const message = await failure(expect(cubes(6)).toPassGradientCheck(at))
  expect(message).toMatch(/^expected the gradient check to pass, but it is 'fail': the gradient is wrong\. 'b':/)
  expect(message).toMatch(/\n {2}b: /)
  expect(message).not.toMatch(/\n {2}a: /)
})

test('a loss that changes from call to call is not green', async () => {
  let calls = 0
  const noisy = { ...cubes(3), loss: () => ++calls }
  expect(await failure(expect(noisy).toPassGradientCheck(at))).toMatch(/but it is 'inconclusive'/)
})
