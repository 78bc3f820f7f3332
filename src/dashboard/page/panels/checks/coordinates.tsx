/** @file The coordinates of a tensor that are furthest off, or its directions. */
import type { CoordinateReport, TensorReport } from '../../../../check/report.ts'
import { significant } from '../../format.ts'

/** Those that did not pass; where all did, the worst of them. */
export function coordinatesOf({
  coordinates,
  sweep,
}: Pick<TensorReport, 'coordinates' | 'sweep'>): readonly CoordinateReport[] {
  const worst = sweep?.coordinate
  if (worst === undefined || coordinates.some(({ index }) => index === worst.index)) return coordinates
  return [...coordinates, worst]
}

export function Coordinates({ tensor }: { readonly tensor: TensorReport }) {
  const found = coordinatesOf(tensor)
  const directions = tensor.directions ?? []
  return (
    <div class="scroll">
      {found.length > 0 && (
        <table class="list facts">
          <caption>{tensor.verdict === 'pass' ? 'The worst coordinate' : 'The worst coordinates'}</caption>
          <thead>
            <tr>
              <th>at</th>
              <th class="number">analytic</th>
              <th class="number">numeric</th>
              <th class="number">uncertainty</th>
              <th class="number">relative error</th>
              <th>what it says</th>
            </tr>
          </thead>
          <tbody>
            {found.map((one) => (
              <tr key={one.index}>
                <td>[{one.position.join(', ')}]</td>
                <td class="number">{significant(Number(one.analytic), 5)}</td>
                <td class="number">{significant(Number(one.numeric), 5)}</td>
                <td class="number">{significant(Number(one.uncertainty), 2)}</td>
                <td class="number">{significant(Number(one.relativeError), 2)}</td>
                <td>{one.words}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {directions.length > 0 && (
        <table class="list facts">
          <caption>The rest, along random directions</caption>
          <thead>
            <tr>
              <th>verdict</th>
              <th class="number">analytic</th>
              <th class="number">numeric</th>
              <th class="number">uncertainty</th>
            </tr>
          </thead>
          <tbody>
            {directions.map((one) => (
              <tr key={`${one.analytic}`}>
                <td>{one.verdict}</td>
                <td class="number">{significant(Number(one.analytic), 6)}</td>
                <td class="number">{significant(Number(one.numeric), 6)}</td>
                <td class="number">{significant(Number(one.uncertainty), 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}
