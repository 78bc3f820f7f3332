/** @file The trained model as an ONNX file that any runtime executes: raw inputs in, outputs out, for any batch size. */
import { RappelError } from '../base/errors.ts'
import { type Tensor, typeText } from '../base/tensor.ts'
import type { Examples } from '../data/dataset.ts'
import type { Standardisation } from '../data/standardise.ts'
import { Builder, sameType } from '../graph/graph.ts'
import * as op from '../graph/op.ts'
import { operators } from '../graph/ops/index.ts'
import { writeModel } from '../graph/proto.ts'
import { inline } from '../graph/rewrite.ts'
import { freeBatch } from '../graph/symbolic.ts'
import type { Value } from '../graph/types.ts'
import { forwardGraph, inputName, type NetDescription } from './graphs.ts'

export interface ModelFileOptions {
  /** Done inside the model: it takes inputs as they are in the data. */
  readonly standardisation?: Standardisation
  /** For the names of the classes, kept in the file's metadata. */
  readonly data?: Examples
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * The bytes of an ONNX file. Input `input` [batch, ...features], float32; output `output` [batch, ...], the net's scores or
 * predictions, and `probabilities` [batch, classes] where the loss gives the scores a meaning as probabilities. Parameters
 * and buffers are initialisers under their own names.
 *
 * @param values of the parameters and buffers, by name
 * @throws RappelError 'model' when a layer works for one batch size only, or a value is missing or does not fit
 */
export function modelFile(
  net: NetDescription,
  values: Readonly<Record<string, Tensor>>,
  options: ModelFileOptions = {},
): Uint8Array<ArrayBuffer> {
  const { graph, dimensions } = freeBatch((batch) => forwardGraph(net, batch).graph, operators)
  const builder = new Builder(operators)
  const inputs = graph.inputs.map((value) => {
    if (value.name !== inputName) return builder.constant(valueOf(value, values), value.name)
    const raw = builder.input(inputName, value.dtype, value.shape)
    return options.standardisation === undefined ? raw : standardised(raw, options.standardisation)
  })
  const [output] = inline(graph, builder, inputs)
  const outputs: Record<string, Value> = { output }
  const probabilities = net.loss.probabilities?.(output)
  if (probabilities !== undefined) outputs.probabilities = probabilities
  const classes: Record<string, string> =
    options.data?.task === 'classification' ? { classes: JSON.stringify(options.data.classes) } : {}
  const ofScores = dimensions({ ...output, name: 'output' })
  return writeModel(builder.graph('model', outputs), {
    // Probabilities have the open dimensions of the scores from which they come, but may be more than they: two from one score.
    dimensionNames: (value) =>
      value.name === inputName
        ? dimensions(value)
        : value.shape.map((dim, i) => (typeof ofScores[i] === 'string' ? ofScores[i] : dim)),
    metadata: { ...classes, ...options.metadata },
  })
}

function valueOf(held: Value, values: Readonly<Record<string, Tensor>>): Tensor {
  const value: Tensor | undefined = values[held.name]
  if (value !== undefined && sameType(value, held)) return value
  throw new RappelError(
    'model',
    `'${held.name}' ${value === undefined ? 'has no value' : `is ${typeText(value)}`}, expected ${typeText(held)}`,
    value === undefined ? 'give the values of parameters and buffers' : 'the values belong to another net',
  )
}

/** (x − mean) / scale in float32: the bits that the training had. */
function standardised(x: Value, { mean, scale }: Standardisation): Value {
  const { builder } = x
  return op.div(op.sub(x, builder.constant(mean, 'input.mean')), builder.constant(scale, 'input.scale'))
}
