/** @file The switches that hold for all charts: what the axis counts, and the scale of losses. */
import { Segments } from './segments.tsx'
import { axis, isLogarithmic, zoom } from './view.ts'

export function AxisSwitch() {
  return (
    <Segments
      label="axis"
      options={[
        ['epoch', 'epochs'],
        ['step', 'steps'],
        ['seconds', 'seconds'],
      ]}
      value={axis.value}
      onChange={(value) => {
        axis.value = value
        zoom.value = undefined
      }}
    />
  )
}

export function ScaleSwitch() {
  return (
    <Segments
      label="scale of losses"
      options={[
        ['linear', 'linear'],
        ['log', 'log'],
      ]}
      value={isLogarithmic.value ? 'log' : 'linear'}
      onChange={(value) => {
        isLogarithmic.value = value === 'log'
      }}
    />
  )
}
