/** @file What training changes: parameters, their gradients, the update rule's state and the layers' buffers. */
import { Arena, type Shape, sizeOf, type Tensor, tensor } from '../base/tensor.ts'
import { type Buffer, initialValue, type Parameter } from '../nn/model.ts'
import type { UpdateRule } from '../optim/update-rule.ts'

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
  /** What the layers carry without a gradient: the tensors of `bufferSets` in their order. */
  readonly buffers: readonly Buffer[]
  /**
   * The buffers lie twice, since a call of the runtime must not write where it reads. With two sets they change places like
   * these; with one the first holds the values, and the second takes what a call gives until it is copied.
   */
  readonly bufferSets: readonly [Role, Role]
  /** Room for what probes watch. */
  readonly watched?: WatchedState
  current: number
  /** Updates made so far. */
  step: number
  /** Multiplies the learning rate: below 1 after a roll-back. */
  rateFactor: number
}

/** What probes need beside the state, in its memory and laid out like it. */
export interface WatchedState {
  /** The parameters before a step, where it changes them in place. */
  readonly before: Role | undefined
  /** What a step added to them; also the room in which a clamp works, so that the gradients stay. */
  readonly update: Role
  /** What an earlier step added, where a probe compares two updates. */
  readonly previous: Role
  /** The step whose update lies there; −1: none. */
  previousStep: number
  /** The buffers before a step. */
  readonly buffers: Role
}

/** Elements from one tensor of a region to the next: up to the next 64-byte boundary. */
export function paddedLength(shape: Shape): number {
  return Math.ceil(sizeOf(shape) / 16) * 16
}

/** Elements of a region that holds tensors of these shapes. */
export function regionLength(shapes: readonly Shape[]): number {
  return shapes.reduce((sum, shape) => sum + paddedLength(shape), 0)
}

/**
 * Places the tensors and draws the first values.
 *
 * @param net what has the parameters and buffers: a graph of the net, or what its layers asked for
 * @param sets one, or two that change places
 * @param watch whether there is to be room for what probes watch
 */
export function initialState(
  { parameters, buffers }: { readonly parameters: readonly Parameter[]; readonly buffers: readonly Buffer[] },
  rule: UpdateRule,
  seed: number,
  sets: 1 | 2,
  watch = false,
): TrainingState {
  const shapes = parameters.map(({ value }) => value.shape)
  const length = regionLength(shapes)
  const bufferShapes = buffers.map(({ value }) => value.shape)
  const bufferLength = regionLength(bufferShapes)
  const carried = ['x', ...Object.keys(rule.state)]
  // Gradients are never carried from step to step: one region is enough, and none where they stay in the runtime.
  const roles = sets === 1 ? ['g', ...carried] : [...carried, ...carried]
  const watchedRoles = watch ? [...(sets === 1 ? ['before'] : []), 'update', 'previous'] : []
  const lengths = [...[...roles, ...watchedRoles].map(() => length), bufferLength, bufferLength]
  if (watch) lengths.push(bufferLength)
  const arena = new Arena(lengths.map((elements) => ({ dtype: 'float32', shape: [elements] })))
  const makeSet = (names: readonly string[]) =>
    Object.fromEntries(names.map((name): [string, Role] => [name, placeRole(arena, length, shapes)]))
  const placeBuffers = () => placeRole(arena, bufferLength, bufferShapes)
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
  const bufferSets = [placeBuffers(), placeBuffers()] as const
  buffers.forEach(({ initial }, i) => void bufferSets[0].tensors[i].data.fill(initial))
  const second = sets === 2 ? [makeSet(carried)] : []
  const { before, update, previous } = makeSet(watchedRoles)
  return {
    memory: arena.memory,
    parameters,
    buffers,
    sets: [first, ...second],
    bufferSets,
    ...(watch && { watched: { before, update, previous, previousStep: -1, buffers: placeBuffers() } }),
    current: 0,
    step: 0,
    rateFactor: 1,
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

/** The buffers as they are now, where they lie. */
export function currentBuffers({ bufferSets, current, buffers }: TrainingState): Record<string, Tensor<'float32'>> {
  return Object.fromEntries(buffers.map(({ name }, i) => [name, bufferSets[current].tensors[i]]))
}

/** Copies of the parameters by name. */
export function parameterValues(state: TrainingState): Record<string, Tensor<'float32'>> {
  return copies(currentParameters(state))
}

/** Copies of the buffers by name. */
export function bufferValues(state: TrainingState): Record<string, Tensor<'float32'>> {
  return copies(currentBuffers(state))
}

function copies(tensors: Readonly<Record<string, Tensor<'float32'>>>): Record<string, Tensor<'float32'>> {
  const entries = Object.entries(tensors)
  return Object.fromEntries(entries.map(([name, { shape, data }]) => [name, tensor('float32', shape, data.slice())]))
}
