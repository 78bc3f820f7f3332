/** @file What training changes: parameters, their gradients and the update rule's state. */
import { Arena, type Shape, sizeOf, type Tensor, tensor } from '../base/tensor.ts'
import { initialValue, type Parameter } from '../nn/model.ts'
import type { Rule } from '../optim/rule.ts'

/**
 * All parameters' tensors of one role (`x` the parameters, `g` the gradients, then the rule's state under its names): views
 * into one region, each on a 64-byte boundary, so that an update, or a call of the runtime, can take the role as a whole.
 */
export interface Role {
  readonly region: Tensor<'float32'>
  readonly tensors: readonly Tensor<'float32'>[]
}

/**
 * The state of one run. Where a whole step runs in the runtime, it reads one set and writes the other, and the two change
 * places (`current`); where the update works in place there is one set.
 */
export interface TrainingState {
  readonly memory: WebAssembly.Memory
  readonly parameters: readonly Parameter[]
  readonly sets: readonly Readonly<Record<string, Role>>[]
  current: number
  /** Updates made so far. */
  step: number
}

/** Elements from one tensor of a region to the next: up to the next 64-byte boundary. */
export function paddedLength(shape: Shape): number {
  return Math.ceil(sizeOf(shape) / 16) * 16
}

/** Places the tensors and draws the first values. @param sets one, or two that change places */
export function initialState(parameters: readonly Parameter[], rule: Rule, seed: number, sets: 1 | 2): TrainingState {
  const shapes = parameters.map(({ value }) => value.shape)
  const length = shapes.reduce((sum, shape) => sum + paddedLength(shape), 0)
  const carried = ['x', ...Object.keys(rule.state)]
  // Gradients are never carried from step to step: one region is enough, and none where they stay in the runtime.
  const roles = sets === 1 ? ['g', ...carried] : [...carried, ...carried]
  const arena = new Arena(roles.map(() => ({ dtype: 'float32', shape: [length] })))
  const place = () => placeRole(arena, length, shapes)
  const makeSet = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, place()]))
  const first = makeSet(sets === 1 ? ['g', ...carried] : carried)
  parameters.forEach((parameter, i) => {
    const value = initialValue(parameter, seed).data
    first.x.tensors[i].data.set(value)
    for (const [name, initial] of Object.entries(rule.state)) {
      const { data } = first[name].tensors[i]
      if (initial === 'parameter') data.set(value)
      else data.fill(initial === 'zeros' ? 0 : initial)
    }
  })
  return {
    memory: arena.memory,
    parameters,
    sets: sets === 1 ? [first] : [first, makeSet(carried)],
    current: 0,
    step: 0,
  }
}

function placeRole(arena: Arena, length: number, shapes: readonly Shape[]): Role {
  const region = arena.place('float32', [length])
  let offset = region.data.byteOffset
  const tensors = shapes.map((shape) => {
    const view = new Float32Array(region.data.buffer, offset, sizeOf(shape))
    offset += paddedLength(shape) * Float32Array.BYTES_PER_ELEMENT
    return tensor('float32', shape, view)
  })
  return { region, tensors }
}

/** The parameters as they are now, where they lie. */
export function currentParameters({ sets, current, parameters }: TrainingState): Record<string, Tensor<'float32'>> {
  return Object.fromEntries(parameters.map(({ name }, i) => [name, sets[current].x.tensors[i]]))
}

/** Copies of the parameters by name. */
export function parameterValues(state: TrainingState): Record<string, Tensor<'float32'>> {
  const entries = Object.entries(currentParameters(state))
  return Object.fromEntries(entries.map(([name, { shape, data }]) => [name, tensor('float32', shape, data.slice())]))
}
