/** @file A curve of a word's size. */
export function Sparkline({
  values,
  label,
  width = 96,
  height = 22,
}: {
  readonly values: readonly number[]
  readonly label: string
  readonly width?: number
  readonly height?: number
}) {
  const finite = values.filter(Number.isFinite)
  if (finite.length < 2) return null
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  const x = (i: number) => 2 + (i * (width - 4)) / (values.length - 1)
  const y = (value: number) => height - 3 - ((value - low) * (height - 6)) / (high - low || 1)
  const path = values
    .map((value, i) =>
      Number.isFinite(value)
        ? `${i > 0 && Number.isFinite(values[i - 1]) ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`
        : '',
    )
    .join('')
  const last = values.findLastIndex(Number.isFinite)
  return (
    <svg class="sparkline" width={width} height={height} role="img" aria-label={label}>
      <path d={path} fill="none" stroke="var(--validation)" stroke-width="1.4" stroke-linejoin="round" />
      <circle cx={x(last)} cy={y(values[last])} r="2" fill="var(--validation)" />
    </svg>
  )
}
