/** @file Numbers and times as a person reads them: three significant digits, with their units. */

/** 0.0123, 12.3, 1.23e-5, 12,300; 'NaN', '∞'. */
export function significant(value: number, digits = 3): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e6) return exponential(value, digits)
  const text = Number(value.toPrecision(digits))
  return text
    .toLocaleString('en', { maximumSignificantDigits: Math.max(digits, String(Math.trunc(size)).length) })
    .replace('-', '−')
}

/** 1.2e−5; without zeros at the end: 1e−4. */
function exponential(value: number, digits: number): string {
  const [mantissa, power] = value.toExponential(digits - 1).split('e')
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
  return `${short}e${Number(power)}`.replaceAll('-', '−')
}

export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)}%` : significant(share)
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** 1 run, 2 runs. */
export function counted(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? '' : 's'}`
}

/** 0.4 s, 12 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`
  return `${Math.floor(seconds / 86400)} d ${Math.round((seconds % 86400) / 3600)} h`
}

/** just now, 5 min ago, 3 d ago. */
export function age(since: number, now: number): string {
  const seconds = (now - since) / 1000
  if (seconds < 60) return 'just now'
  const units: readonly [number, string][] = [
    [86400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ]
  const [size, name] = units.find(([length]) => seconds >= length) ?? [60, 'min']
  return `${Math.floor(seconds / size)} ${name} ago`
}

/** A position on the axis: 3.25, 1,200, 45. */
export function position(value: number): string {
  return significant(value, Math.abs(value) >= 1000 ? 6 : 4)
}

export const bytes = (value: number): string => {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = value > 0 ? Math.min(units.length - 1, Math.floor(Math.log(value) / Math.log(1000))) : 0
  return `${significant(value / 1000 ** power)} ${units[power]}`
}
