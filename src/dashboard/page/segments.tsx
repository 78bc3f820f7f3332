/** @file A choice between few: one button for each, side by side. */
export interface SegmentsProps<T extends string> {
  /** For those who do not see it. */
  readonly label: string
  readonly options: readonly (readonly [value: T, text: string])[]
  readonly value: T
  readonly onChange: (value: T) => void
}

export function Segments<T extends string>({ label, options, value, onChange }: SegmentsProps<T>) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map(([own, text]) => (
        <button key={own} type="button" aria-pressed={own === value} onClick={() => onChange(own)}>
          {text}
        </button>
      ))}
    </div>
  )
}
