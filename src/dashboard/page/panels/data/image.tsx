/** @file A small image of numbers: grey or in colour, on a scale that is given. */
import { useEffect, useRef } from 'preact/hooks'
import { diverging, onScheme, sequential } from '../../colours.ts'

export interface ImageProps {
  readonly label: string
  /** [height, width] or [height, width, 3]. */
  readonly shape: readonly number[]
  readonly values: readonly number[]
  readonly range: readonly [low: number, high: number]
  /** Default 'grey'. In colour, the colours are the image's own. */
  readonly kind?: 'grey' | 'sequential' | 'diverging'
  /** Pixels of the longer side; default 72. */
  readonly size?: number
}

export function Image({ label, shape, values, range, kind = 'grey', size = 72 }: ImageProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [height, width, colours = 1] = shape
  useEffect(() => {
    const draw = () => {
      const ink = canvas.current?.getContext('2d')
      if (!ink) return
      const pixels = ink.createImageData(width, height)
      const share = (value: number) => Math.min(1, Math.max(0, (value - range[0]) / (range[1] - range[0] || 1)))
      for (let i = 0; i < height * width; i++) pixels.data.set(pixelOf(i, share), 4 * i)
      ink.putImageData(pixels, 0, 0)
    }
    const pixelOf = (i: number, share: (value: number) => number): number[] => {
      if (colours === 3) return [...[0, 1, 2].map((c) => 255 * share(values[3 * i + c])), 255]
      if (kind === 'grey') return [...Array(3).fill(255 * share(values[i])), 255]
      const colour = (kind === 'sequential' ? sequential : diverging)(share(values[i]))
      return [...(colour.match(/\d+/g) ?? []).map(Number), 255]
    }
    draw()
    return onScheme(draw)
  }, [values, kind, range[0], range[1]])
  const scale = size / Math.max(height, width)
  return (
    <canvas
      ref={canvas}
      class="small-image"
      role="img"
      aria-label={label}
      width={width}
      height={height}
      style={{ width: `${Math.round(width * scale)}px`, height: `${Math.round(height * scale)}px` }}
    />
  )
}

/** The ends of what there is; of nothing, 0 and 1. */
export function rangeOf(values: readonly number[]): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? [low, high] : [0, 1]
}
