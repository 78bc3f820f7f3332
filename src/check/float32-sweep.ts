/** @file The sweeps of a net's check once more in float32, in which it is trained. */
import type { Tensor } from '../base/tensor.ts'
import { allocate, type Engine } from '../engine/engine.ts'
import type { NetDescription } from '../train/graphs.ts'
import { feedsOf } from './float32.ts'
import type { ModelEvaluatorOptions } from './model.ts'
import { ModelGraphs } from './model-graphs.ts'
import type { GradientReport, SweepPoint, SweepReport, TensorReport } from './report.ts'
import { withJson } from './summary.ts'

/**
 * A report of a net with the same sweeps in float32 beside those in float64: there the valley lies higher, which is why the check is done
 * in float64.
 *
 * @param point at which the report was made
 */
export async function withFloat32Sweeps(
  report: GradientReport,
  net: NetDescription,
  engine: Engine,
  { part, operators, ...point }: ModelEvaluatorOptions,
): Promise<GradientReport> {
  if (!report.tensors.some(({ sweep }) => sweep !== undefined)) return report
  const graph = new ModelGraphs(net, { part, batch: point.inputs.shape[0], training: true, operators }).said
  const executable = await engine.compile(graph)
  try {
    const { inputs, outputs } = allocate(graph)
    for (const [name, given] of Object.entries(feedsOf(graph, net, point)))
      if (inputs[name] !== undefined) (inputs[name].data as Float32Array).set(given.data as Float32Array)
    const call = executable.bind(inputs, outputs)
    const loss = async () => {
      await call()
      return outputs.loss.data[0] as number
    }
    const tensors: TensorReport[] = []
    for (const tensor of report.tensors) {
      const { sweep } = tensor
      const float32 = sweep && (await sweepInFloat32(inputs[tensor.name], sweep, loss))
      tensors.push(float32 === undefined ? tensor : { ...tensor, sweep: { ...sweep, float32 } as SweepReport })
    }
    return withJson({ ...report, tensors })
  } finally {
    await executable.release()
  }
}

/** Steps that round away, or that move the two sides unevenly, are left out. */
async function sweepInFloat32(
  { data }: Tensor,
  { coordinate: { index }, points }: SweepReport,
  loss: () => Promise<number>,
): Promise<SweepPoint[]> {
  const values = data as Float32Array
  const before = values[index]
  const found: SweepPoint[] = []
  for (const { step } of points) {
    const [ahead, behind] = [Math.fround(before + step), Math.fround(before - step)]
    const width = ahead - behind
    if (Math.abs(width - 2 * step) > 1e-3 * width || width === 0) continue
    values[index] = ahead
    const plus = await loss()
    values[index] = behind
    const minus = await loss()
    values[index] = before
    found.push({ step, difference: (plus - minus) / width })
  }
  return found
}
