/** @file The table of operators: exhaustive, so that a new operator does not compile until every pass can handle it. */

import type { Operators } from '../types.ts'
import { activations } from './activation.ts'
import { clipOps } from './clip.ts'
import { control } from './control.ts'
import { convolutions } from './convolution.ts'
import { einsumOps } from './einsum.ts'
import { elementwise } from './elementwise.ts'
import { indexingOps } from './indexing.ts'
import { linear } from './linear.ts'
import { logic } from './logic.ts'
import { normalisation } from './normalisation.ts'
import { pooling } from './pooling.ts'
import { reductions } from './reduction.ts'
import { selection } from './selection.ts'
import { shapeOps } from './shape.ts'
import { axesOps } from './shape_axes.ts'
import { smoothActivations } from './smooth.ts'
import { unpooling } from './unpooling.ts'

export const operators: Operators = {
  ...elementwise,
  ...logic,
  ...activations,
  ...linear,
  ...reductions,
  ...shapeOps,
  ...indexingOps,
  ...convolutions,
  ...unpooling,
  ...control,
  ...pooling,
  ...selection,
  ...normalisation,
  ...smoothActivations,
  ...clipOps,
  ...axesOps,
  ...einsumOps,
}
