/** @file Overview: findings, loss, accuracy, learning rate. */
import { Chart } from '../chart.tsx'
import { Panel } from '../panel.tsx'
import { run, useAnswer } from '../state.ts'
import { axis, isLogarithmic, zoom } from '../view.ts'

export function Overview() {
  const request = {
    names: ['loss', 'validation/loss'],
    axis: axis.value,
    from: zoom.value?.[0],
    to: zoom.value?.[1],
    halfLife: 20,
  }
  const { value: curves = [], error } = useAnswer('curves', request).value
  const find = (name: string) => curves.find((curve) => curve.name === name)
  const [loss, validation] = [find('loss'), find('validation/loss')]
  const lines = [
    ...(loss
      ? [
          { label: 'loss of a batch', curve: loss, colour: 'training', isFaint: true },
          { label: 'smoothed', curve: loss, of: 'smoothed' as const, colour: 'training' },
        ]
      : []),
    ...(validation ? [{ label: 'validation', curve: validation, colour: 'validation' }] : []),
  ]
  return (
    <div class="panels">
      <Panel title="Findings" decision="what to change next">
        <ul class="findings">
          {run.value?.findings.map(({ finding, clearedAt }) => (
            <li key={`${finding.code} ${finding.where}`} class={clearedAt ? 'cleared' : finding.severity}>
              <b>{finding.code}</b> {finding.words} <i>{finding.advice}</i>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Loss" decision="whether it learns, and whether the rate fits">
        {error && <p class="error">{error}</p>}
        <Chart lines={lines} isLogarithmic={isLogarithmic.value} />
      </Panel>
    </div>
  )
}
