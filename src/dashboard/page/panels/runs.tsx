/** @file Home: all runs. */
import { age, percent, significant } from '../format.ts'
import { now, runs } from '../state.ts'
import { linkTo } from '../view.ts'

export function Runs() {
  const all = runs.value
  if (all === undefined) return null
  if (all.length === 0)
    return (
      <p class="empty">
        No runs yet. Type <code>rappel demo</code>.
      </p>
    )
  return (
    <table class="runs">
      <tbody>
        {all.map((card) => (
          <tr key={card.id}>
            <td>
              <a href={linkTo(card.id)}>{card.name}</a>
            </td>
            <td>{card.state}</td>
            <td>{card.verdict?.words}</td>
            <td>
              {card.score && (card.score.higherIsBetter ? percent(card.score.last) : significant(card.score.last))}
            </td>
            <td>{age(card.startedAt, now.value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
