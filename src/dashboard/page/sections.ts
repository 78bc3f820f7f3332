/**
 * @file All sections of a run's page and all pages beside it, in the order in which they are shown. A part of Rappel that has something to
 * show adds itself here, and nowhere else.
 */
import type { ComponentType } from 'preact'
import type { RunNow } from '../documents.ts'
import { Checks } from './panels/checks/checks.tsx'
import { Compare } from './panels/compare.tsx'
import { Data } from './panels/data/data.tsx'
import { hasLayers, Layers } from './panels/layers/layers.tsx'
import { Model } from './panels/model.tsx'
import { Overview } from './panels/overview.tsx'
import { Runs } from './panels/runs.tsx'
import { SetUp } from './panels/setup/setup.tsx'

export interface Section {
  /** As it stands in the address. */
  readonly id: string
  readonly title: string
  readonly View: ComponentType
  /** Whether a run has anything for it; default: every run has. */
  has?(run: RunNow): boolean
}

/** Of one run. */
export const sections: readonly Section[] = [
  { id: 'overview', title: 'Overview', View: Overview },
  { id: 'layers', title: 'Layers', View: Layers, has: hasLayers },
  { id: 'checks', title: 'Checks', View: Checks },
  { id: 'data', title: 'Data', View: Data },
  { id: 'model', title: 'Model', View: Model },
  { id: 'setup', title: 'Set-up', View: SetUp },
]

/** Beside a single run. The first is home. */
export const pages: readonly Section[] = [
  { id: 'runs', title: 'Runs', View: Runs },
  { id: 'compare', title: 'Compare', View: Compare },
]
