/** @file Operators of other opsets and exporters, said in ours. One entry an operator; nodes that fit already are left alone. */
import { nearest } from '../base/errors.ts'
import { sizeOf, type Tensor, tensor } from '../base/tensor.ts'
import { type AttributeDocument, modelError } from './document.ts'
import { explicitEquation } from './equation.ts'
import { fold } from './fold.ts'
import type { ForeignNode } from './foreign.ts'
import { convolution } from './normalise_convolution.ts'
import { normalisationRules } from './normalise_normalisation.ts'
import { pooling } from './normalise_pooling.ts'
import type { Operators, OpKind, Value } from './types.ts'

/** The values that a node gives, said with our operators; undefined when the node can stay as it is. */
type Rule = (foreign: ForeignNode) => readonly Value[] | undefined

/** Larger tensors than this are not made while a file is read. */
const mostElements = 2 ** 24

/**
 * What a node of a file becomes.
 *
 * @returns its outputs, or undefined when its operator is in the table and it can be added as it stands
 * @throws RappelError 'model' when the operator is not known
 */
export function normalise(foreign: ForeignNode, operators: Operators): readonly Value[] | undefined {
  const { kind, label } = foreign.node
  const folded = fold(foreign)
  if (folded !== undefined) return [foreign.giveConstant(folded)]
  const rule = Object.hasOwn(rules, kind) ? rules[kind] : undefined
  const values = rule?.(foreign)
  if (values !== undefined || Object.hasOwn(operators, kind)) return values
  const known = [...new Set([...Object.keys(operators), ...Object.keys(rules)])].sort()
  const near = nearest(kind, known)
  throw modelError(
    foreign.node.at,
    `${label} is a ${kind}, which Rappel does not know yet`,
    `${near === undefined ? '' : `did you mean '${near}'? `}known are: ${known.join(', ')}`,
  )
}

/** Values of a `Constant` node, by the attribute that holds them. */
function constantOf(name: string, { type, value }: AttributeDocument): Tensor | undefined {
  if (name === 'value' && type === 'tensor') return value
  if (name === 'value_float' && type === 'float') return tensor('float32', [], value)
  if (name === 'value_int' && type === 'int') return tensor('int64', [], BigInt64Array.of(value))
  if (name === 'value_floats' && type === 'floats') return tensor('float32', [value.length], value)
  if (name === 'value_ints' && type === 'ints') return tensor('int64', [value.length], BigInt64Array.from(value))
  return undefined
}

const constant: Rule = (foreign) => {
  const [found] = [...foreign.attributes].map(([name, attribute]) => constantOf(name, attribute))
  if (found !== undefined) return [foreign.giveConstant(found)]
  const held = [...foreign.attributes.keys()].join(', ') || 'nothing'
  throw foreign.error(`holds ${held}, expected value, value_float, value_floats, value_int or value_ints`)
}

/** In inference it gives what it gets (Dropout-13: training_mode is false when left out). */
const dropout: Rule = (foreign) => {
  const training = foreign.constantInput(2, 'training_mode')
  if (training?.data[0]) throw foreign.error('is in training mode', 'export the model in evaluation mode: model.eval()')
  const x = foreign.input(0)
  if ((foreign.node.outputs[1] ?? '') === '') return [x, x]
  const ones = foreign.constant('bool', [], 1)
  return [x, foreign.step('Expand', [ones, foreign.integers(x.shape)])]
}

const flatten: Rule = (foreign) => {
  const { shape } = foreign.input(0)
  const axis = foreign.int('axis', 1)
  // Unlike elsewhere, the axis may be the rank itself.
  const cut = axis === shape.length ? axis : foreign.axis(axis, shape.length)
  return foreign.giveReshaped(foreign.input(0), [sizeOf(shape.slice(0, cut)), sizeOf(shape.slice(cut))])
}

/** Of a constant, as in a shape that was computed, it is done here; likewise Unsqueeze. */
const squeeze: Rule = (foreign) => {
  const { shape, constant: data } = foreign.input(0)
  const given = foreign.integersInput(1, 'axes')?.map((axis) => foreign.axis(axis, shape.length))
  // An empty list drops nothing; the runtime would drop all.
  if (given?.length === 0) return [foreign.input(0)]
  if (data === undefined) return undefined
  const wrong = given?.find((axis) => shape[axis] !== 1)
  if (wrong !== undefined) throw foreign.error(`drops axis ${wrong} of length ${shape[wrong]}, expected length 1`)
  const kept = shape.filter((dim, i) => (given === undefined ? dim !== 1 : !given.includes(i)))
  return foreign.giveReshaped(foreign.input(0), kept)
}

const unsqueeze: Rule = (foreign) => {
  const { shape, constant: data } = foreign.input(0)
  const axes = foreign.integersInput(1, 'axes') ?? []
  if (data === undefined) return undefined
  const rank = shape.length + axes.length
  const added = new Set(axes.map((axis) => foreign.axis(axis, rank)))
  if (added.size !== axes.length) throw foreign.error(`names an axis twice in [${axes}]`)
  const rest = shape.values()
  const result = Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (rest.next().value ?? 1)))
  return foreign.giveReshaped(foreign.input(0), result)
}

const shapeOf: Rule = (foreign) => {
  const { shape } = foreign.input(0)
  const part = shape.slice(foreign.int('start', 0), foreign.int('end', shape.length))
  return [foreign.giveConstant(tensor('int64', [part.length], part))]
}

const constantOfShape: Rule = (foreign) => {
  const shape = foreign.integersInput(0, 'the shape') ?? []
  const attribute = foreign.attributes.get('value')
  const value = attribute?.type === 'tensor' ? attribute.value : tensor('float32', [1], [0])
  const fits = shape.every((dim) => dim >= 0) && sizeOf(shape) <= mostElements && value.data.length === 1
  if (!fits) throw foreign.error(`fills the shape [${shape}] with ${value.data.length} values, expected one`)
  const filled = tensor(value.dtype, shape)
  ;(filled.data as Float32Array).fill(value.data[0] as number)
  return [foreign.giveConstant(filled)]
}

const range: Rule = (foreign) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => foreign.constantInput(i, 'its bounds'))
  if (start === undefined || limit === undefined || delta === undefined) throw foreign.error('lacks an input')
  if (start.dtype !== limit.dtype || start.dtype !== delta.dtype) throw foreign.error('mixes dtypes, expected one')
  const [first, last, step] = [start, limit, delta].map(({ data }) => Number(data[0]))
  const count = Math.max(0, Math.ceil((last - first) / step))
  if (!(count <= mostElements)) throw foreign.error(`counts from ${first} to ${last} in steps of ${step}`)
  const values = Array.from({ length: count }, (_, i) => first + i * step)
  return [foreign.giveConstant(tensor(start.dtype, [count], values))]
}

/** The runtime cannot find a result of capital letters itself: it is written out. */
const einsum: Rule = (foreign) => {
  const { equation } = foreign.attributesOf('Einsum')
  if (typeof equation !== 'string' || equation.includes('->')) return undefined
  return foreign.give('Einsum', foreign.inputs, { equation: explicitEquation(equation) })
}

/** Operators that take any number of inputs, in pairs from the left. */
const pairs =
  (kind: OpKind): Rule =>
  (foreign) => {
    const last = foreign.inputs.length - 1
    if (last === 0) return [foreign.input(0)]
    if (last === 1 && foreign.node.kind === kind) return undefined
    let result = foreign.input(0)
    for (let i = 1; i < last; i++) result = foreign.step(kind, [result, foreign.input(i)])
    return foreign.give(kind, [result, foreign.input(last)])
  }

const mean: Rule = (foreign) => {
  const first = foreign.input(0)
  let sum = first
  for (let i = 1; i < foreign.inputs.length; i++) sum = foreign.step('Add', [sum, foreign.input(i)])
  return foreign.give('Div', [sum, foreign.constant(first.dtype, [], [foreign.inputs.length])])
}

/** Before opset 18 the axes were an attribute (ReduceSum: before 13). `noop_with_empty_axes` makes no axes mean none. */
const reduction =
  (negated: boolean): Rule =>
  (foreign) => {
    const kind = foreign.node.kind as OpKind
    const listed = foreign.ints('axes')
    const noop = foreign.int('noop_with_empty_axes', 0) !== 0
    if (listed === undefined && !noop && !negated) return undefined
    const axes = listed ?? foreign.integersInput(1, 'axes') ?? []
    const x = foreign.input(0)
    if (noop && axes.length === 0) return [x]
    const inputs = axes.length === 0 ? [] : [listed === undefined ? foreign.input(1) : foreign.integers(axes)]
    const attributes = foreign.attributesOf(negated ? 'ReduceMax' : kind, 'axes', 'noop_with_empty_axes')
    if (!negated) return foreign.give(kind, [x, ...inputs], attributes)
    const top = foreign.step('ReduceMax', [foreign.step('Neg', [x]), ...inputs], attributes)
    return foreign.give('Neg', [top])
  }

/** Before opset 18, without lengths: as many equal pieces as there are outputs. */
const split: Rule = (foreign) => {
  if (foreign.inputs[1] !== undefined || foreign.attributes.has('num_outputs')) return undefined
  const { shape } = foreign.input(0)
  const pieces = foreign.node.outputs.length
  const axis = foreign.axis(foreign.int('axis', 0), shape.length)
  const lengths = new Array<number>(pieces).fill(shape[axis] / pieces)
  if (!Number.isInteger(lengths[0])) throw foreign.error(`cuts ${shape[axis]} elements into ${pieces} equal pieces`)
  return foreign.give('Split', [foreign.input(0), foreign.integers(lengths)], foreign.attributesOf('Split'))
}

/** A shape that was computed in the graph is said in full, so that it can be seen which length is the batch's. */
const reshape: Rule = (foreign) => {
  const target = foreign.inputs[1]
  const asked = target && foreign.reading.derived.has(target) ? foreign.integersInput(1, 'the new shape') : undefined
  if (asked === undefined) return undefined
  const x = foreign.input(0)
  const copies = foreign.int('allowzero', 0) === 0
  const dims = asked.map((dim, i) => (dim === 0 && copies ? (x.shape[i] ?? 0) : dim))
  const known = sizeOf(dims.filter((dim) => dim !== -1))
  const shape = dims.map((dim) => (dim === -1 ? sizeOf(x.shape) / known : dim))
  // What does not fit is left to the operator's own check.
  return sizeOf(shape) === sizeOf(x.shape) && shape.every((dim) => Number.isInteger(dim) && dim >= 0)
    ? foreign.giveReshaped(x, shape)
    : undefined
}

/** Pads for some axes (opset 18) become pads for all. */
const pad: Rule = (foreign) => {
  if (foreign.inputs[3] === undefined) return undefined
  const { shape } = foreign.input(0)
  const axes = (foreign.integersInput(3, 'axes') ?? []).map((axis) => foreign.axis(axis, shape.length))
  const given = foreign.integersInput(1, 'pads') ?? []
  if (given.length !== 2 * axes.length) throw foreign.error(`has ${given.length} pads for ${axes.length} axes`)
  const pads = new Array<number>(2 * shape.length).fill(0)
  axes.forEach((axis, i) => {
    pads[axis] = given[i]
    pads[axis + shape.length] = given[i + axes.length]
  })
  const value = foreign.inputs[2]
  const inputs = [foreign.input(0), foreign.integers(pads), ...(value === undefined ? [] : [value])]
  return foreign.give('Pad', inputs, foreign.attributesOf('Pad'))
}

const rules: Readonly<Record<string, Rule>> = {
  ...pooling,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Conv: convolution,
  ConvTranspose: convolution,
  Dropout: dropout,
  Einsum: einsum,
  Flatten: flatten,
  Max: pairs('Max'),
  Mean: mean,
  Min: pairs('Min'),
  Pad: pad,
  Range: range,
  ReduceMax: reduction(false),
  ReduceMean: reduction(false),
  ReduceMin: reduction(true),
  ReduceSum: reduction(false),
  Reshape: reshape,
  Shape: shapeOf,
  Size: (foreign) => [foreign.giveConstant(tensor('int64', [], [sizeOf(foreign.input(0).shape)]))],
  Split: split,
  Squeeze: squeeze,
  Sum: pairs('Add'),
  Unsqueeze: unsqueeze,
  ...normalisationRules,
}
