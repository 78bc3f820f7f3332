/** @file Small charts as SVG: two panels side by side, readable on light and dark pages, by eyes that do not tell red from green. */

export interface Line {
  readonly name: string
  /** 'fault' is drawn strong and orange, 'mended' blue, 'other' thin and grey. */
  readonly role: 'fault' | 'mended' | 'other'
  readonly x: readonly number[]
  readonly y: readonly number[]
}

export interface Panel {
  readonly title: string
  readonly xTitle: string
  /** Default: logarithmic where all values are above 0 and span more than a factor of 30. */
  readonly scale?: 'linear' | 'log'
  readonly lines: readonly Line[]
  /** Bars in groups instead of lines: `x` are places, named here. */
  readonly places?: readonly string[]
  /** A value to compare with, with its name. */
  readonly mark?: { readonly value: number; readonly name: string }
}

const [width, height] = [360, 236]
const plot = { left: 50, right: 12, top: 34, bottom: 58 }
const mostPoints = 240

const style = `
  .sheet { fill: #ffffff } .text { fill: #3d4752; font: 11px system-ui, sans-serif } .title { font-weight: 600; font-size: 12px; fill: #1d242b }
  .axis { stroke: #c9d1d9; stroke-width: 1; fill: none } .mark { stroke: #7b8794; stroke-dasharray: 4 3; fill: none }
  .fault { stroke: #c2410c; stroke-width: 2; fill: none } .mended { stroke: #2563eb; stroke-width: 2; stroke-dasharray: 6 3; fill: none } .other { stroke: #9aa5b1; stroke-width: 1.2; fill: none }
  .bar-fault { fill: #c2410c } .bar-mended { fill: #2563eb; fill-opacity: .55 } .bar-other { fill: #9aa5b1 }
  @media (prefers-color-scheme: dark) {
    .sheet { fill: #14181d } .text { fill: #b6c2cf } .title { fill: #e6edf3 } .axis { stroke: #3a444f } .mark { stroke: #8b98a5 }
    .fault { stroke: #fb923c } .mended { stroke: #7aa7ff } .bar-fault { fill: #fb923c } .bar-mended { fill: #7aa7ff }
  }`

/** @param about what a reader hears who does not see it */
export function chartSvg(panels: readonly Panel[], about: string): string {
  const drawn = panels.map((panel, i) => `<g transform="translate(${i * width} 0)">${panelSvg(panel)}</g>`)
  const size = `viewBox="0 0 ${width * panels.length} ${height}" width="${width * panels.length}" height="${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escaped(about)}"><style>${style}</style><rect class="sheet" width="100%" height="100%" rx="6"/>\n${drawn.join('\n')}\n</svg>\n`
}

function panelSvg(panel: Panel): string {
  const finite = panel.lines.flatMap(({ y }) => y.filter(Number.isFinite))
  const values = panel.mark ? [...finite, panel.mark.value] : finite
  const isLog = panel.scale === 'log' || (panel.scale === undefined && spansDecades(values))
  const shown = isLog ? values.filter((value) => value > 0) : values
  const y = axisOf(shown, isLog, panel.places !== undefined)
  const parts = [
    text(plot.left - 38, 20, panel.title, 'title'),
    ...y.ticks.map((tick) => {
      const at = y.place(tick)
      return `<path class="axis" d="M${plot.left} ${round(at)}H${width - plot.right}"/>${text(plot.left - 6, at + 4, tickText(tick), 'text', 'end')}`
    }),
    panel.places === undefined ? lines(panel, y) : bars(panel, panel.places, y),
  ]
  if (panel.mark !== undefined) {
    const at = y.place(panel.mark.value)
    parts.push(
      `<path class="mark" d="M${plot.left} ${round(at)}H${width - plot.right}"/>`,
      text(plot.left + 4, at - 4, panel.mark.name, 'text'),
    )
  }
  return [...parts, legend(panel)].join('')
}

interface Axis {
  readonly ticks: readonly number[]
  place(value: number): number
}

function axisOf(values: readonly number[], isLog: boolean, fromZero: boolean): Axis {
  const [top, bottom] = [plot.top, height - plot.bottom]
  const across = (value: number, low: number, high: number) =>
    bottom - Math.min(1, Math.max(0, (value - low) / (high - low || 1))) * (bottom - top)
  const least = Math.min(...(values.length > 0 ? values : [0]))
  const greatest = Math.max(...(values.length > 0 ? values : [1]))
  if (isLog) {
    const [low, high] = [
      Math.floor(Math.log10(least)),
      Math.max(Math.ceil(Math.log10(greatest)), Math.floor(Math.log10(least)) + 1),
    ]
    const apart = Math.max(1, Math.ceil((high - low) / 5))
    const ticks = Array.from({ length: Math.floor((high - low) / apart) + 1 }, (_, i) => 10 ** (low + i * apart))
    return { ticks, place: (value) => across(value > 0 ? Math.log10(value) : low, low, high) }
  }
  const start = fromZero || least >= 0 ? Math.min(0, least) : least
  const step = niceStep((greatest - start || Math.abs(greatest) || 1) / 4)
  const [low, high] = [Math.floor(start / step) * step, Math.max(Math.ceil(greatest / step) * step, start + step)]
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step)
  return { ticks, place: (value) => across(value, low, high) }
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  return power * ([1, 2, 2.5, 5].find((nice) => nice * power >= rough) ?? 10)
}

function spansDecades(values: readonly number[]): boolean {
  return values.length > 0 && values.every((value) => value > 0) && Math.max(...values) > 30 * Math.min(...values)
}

function lines(panel: Panel, y: Axis): string {
  const all = panel.lines.flatMap(({ x }) => x.filter(Number.isFinite))
  const [first, last] = [Math.min(...all, 0), Math.max(...all, 1e-9)]
  const across = (value: number) => plot.left + ((value - first) / (last - first)) * (width - plot.left - plot.right)
  const xText = text((plot.left + width - plot.right) / 2, height - plot.bottom + 16, panel.xTitle, 'text', 'middle')
  const ends = `${text(plot.left, height - plot.bottom + 16, tickText(first), 'text')}${text(width - plot.right, height - plot.bottom + 16, tickText(last), 'text', 'end')}`
  const drawn = panel.lines.map(({ role, x, y: values }) => {
    const every = Math.max(1, Math.ceil(values.length / mostPoints))
    let path = ''
    let isDown = false
    values.forEach((value, i) => {
      if (i % every !== 0 && i !== values.length - 1) return
      if (Number.isFinite(value) && Number.isFinite(x[i])) {
        path += `${isDown ? 'L' : 'M'}${round(across(x[i]))} ${round(y.place(value))}`
        isDown = true
      } else isDown = false
    })
    return `<path class="${role}" d="${path}"/>`
  })
  return drawn.join('') + xText + ends
}

function bars(panel: Panel, places: readonly string[], y: Axis): string {
  const room = (width - plot.left - plot.right) / places.length
  const thick = Math.min(18, (room * 0.8) / panel.lines.length)
  const bottom = height - plot.bottom
  const drawn = panel.lines.flatMap(({ role, y: values }, k) =>
    values.map((value, i) => {
      const top = Number.isFinite(value) ? y.place(value) : bottom
      const at = plot.left + i * room + (room - thick * panel.lines.length) / 2 + k * thick
      return `<rect class="bar-${role}" x="${round(at)}" y="${round(top)}" width="${round(thick - 1)}" height="${round(Math.max(0.5, bottom - top))}"/>`
    }),
  )
  const most = Math.max(1, Math.ceil(places.length / 6))
  const named = places.map((place, i) =>
    i % most === 0
      ? text(plot.left + (i + 0.5) * room, bottom + 16, place.slice(0, Math.floor((room * most) / 6)), 'text', 'middle')
      : '',
  )
  return drawn.join('') + named.join('')
}

function legend({ lines: all }: Panel): string {
  let at = plot.left - 38
  return all
    .map(({ name, role }) => {
      const key = `<path class="${role}" d="M${at} ${height - 16}h18"/>${text(at + 23, height - 12, name, 'text')}`
      at += 34 + name.length * 6.1
      return key
    })
    .join('')
}

function text(x: number, y: number, words: string, kind: string, anchor = 'start'): string {
  return `<text class="${kind === 'title' ? 'text title' : kind}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(words)}</text>`
}

const round = (value: number) => Math.round(value * 10) / 10

function tickText(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  return size >= 1e4 || size < 1e-3 ? value.toExponential(0).replace('e+', 'e') : String(Number(value.toPrecision(3)))
}

const escaped = (words: string) =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
