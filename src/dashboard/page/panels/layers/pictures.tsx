/** @file The first layer's weights as images, with a slider through time. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Pictures } from '../../../documents.ts'
import { picture as pictureOf } from '../../chart-panel.tsx'
import { diverging, onScheme, token } from '../../colours.ts'
import { position } from '../../format.ts'
import { Panel } from '../../panel.tsx'
import { Segments } from '../../segments.tsx'
import { useAnswer } from '../../state.ts'
import { kept } from '../../view.ts'

const scaling = kept('pictures', 'shared')

export function WeightPictures() {
  const [chosen, choose] = useState<number | undefined>(undefined)
  const [isPlaying, play] = useState(false)
  const { value } = useAnswer('pictures', chosen === undefined ? {} : { step: chosen }).value
  const canvas = useRef<HTMLCanvasElement>(null)
  const steps = value?.steps ?? []
  const now =
    chosen === undefined
      ? steps.length - 1
      : Math.max(
          0,
          steps.findLastIndex((step) => step <= chosen),
        )
  useEffect(() => {
    if (value?.picture === undefined) return
    const draw = () =>
      drawPictures(
        canvas.current as HTMLCanvasElement,
        value.picture as NonNullable<Pictures['picture']>,
        scaling.value === 'shared',
      )
    draw()
    return onScheme(draw)
  }, [value?.picture, scaling.value])
  useEffect(() => {
    if (!isPlaying) return
    const timer = window.setTimeout(() => {
      if (now + 1 >= steps.length) play(false)
      else choose(steps[now + 1])
    }, 250)
    return () => window.clearTimeout(timer)
  }, [isPlaying, now, steps.length])
  if (value?.picture === undefined) return null
  return (
    <Panel
      title="First layer’s weights"
      decision="whether to train longer, at a lower rate, or with a stronger penalty"
      rule={{
        words: 'smooth and varied is good; noise: not converged, too high a rate, or too weak a penalty',
        href: 'https://cs231n.github.io/neural-networks-3/',
      }}
      takeaways={[{ ending: '.png', make: () => pictureOf(canvas.current ?? undefined) }]}
      controls={
        <Segments
          label="scale of the pictures"
          options={[
            ['shared', 'one scale'],
            ['own', 'each its own'],
          ]}
          value={scaling.value as 'shared' | 'own'}
          onChange={(option) => {
            scaling.value = option
          }}
        />
      }
    >
      <div class="toolbar">
        <button
          type="button"
          onClick={() => {
            if (!isPlaying && now + 1 >= steps.length) choose(steps[0])
            play(!isPlaying)
          }}
        >
          {isPlaying ? 'stop' : 'play'}
        </button>
        <input
          type="range"
          aria-label="moment"
          min={0}
          max={steps.length - 1}
          value={now}
          onInput={({ currentTarget }) => choose(steps[Number(currentTarget.value)])}
        />
        <span class="note">
          {value.name}, epoch {position(Math.round(100 * (value.epochs[now] ?? 0)) / 100)}
        </span>
      </div>
      <canvas
        ref={canvas}
        class="pictures"
        role="img"
        aria-label={`weights of ${value.name} as ${value.picture.shape[0]} images`}
      />
    </Panel>
  )
}

function drawPictures(
  canvas: HTMLCanvasElement,
  { shape, values }: NonNullable<Pictures['picture']>,
  isShared: boolean,
): void {
  const [count, height, width, channels = 1] = shape
  const columns = Math.min(count, Math.max(1, Math.ceil(Math.sqrt(count * 1.8))))
  const [wide, tall] = [columns * (width + 1) - 1, Math.ceil(count / columns) * (height + 1) - 1]
  // Whole pixels for each weight, about 640 in all.
  const size = Math.max(1, Math.floor(640 / wide))
  ;[canvas.width, canvas.height] = [wide * size, tall * size]
  const ink = canvas.getContext('2d')
  if (ink === null) return
  ink.fillStyle = token('surface')
  ink.fillRect(0, 0, canvas.width, canvas.height)
  const length = height * width * channels
  const greatest = (from: number, to: number) => {
    let most = 0
    for (let i = from; i < to; i++) if (Math.abs(values[i]) > most) most = Math.abs(values[i])
    return most || 1
  }
  const all = greatest(0, values.length)
  for (let unit = 0; unit < count; unit++) {
    const most = isShared ? all : greatest(unit * length, (unit + 1) * length)
    const [left, top] = [(unit % columns) * (width + 1), Math.floor(unit / columns) * (height + 1)]
    for (let pixel = 0; pixel < height * width; pixel++) {
      const at = unit * length + pixel * channels
      const share = (i: number) => 0.5 + values[at + i] / (2 * most)
      ink.fillStyle =
        channels === 3 ? `rgb(${[0, 1, 2].map((i) => Math.round(255 * share(i))).join(' ')})` : diverging(share(0))
      ink.fillRect((left + (pixel % width)) * size, (top + Math.floor(pixel / width)) * size, size, size)
    }
  }
}
