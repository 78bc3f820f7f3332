/** @file Where the page begins: it looks where its data are, embedded in a report or at a server, and shows them. */
import { render } from 'preact'
import type { Source } from '../documents.ts'
import { packedStore } from '../reading/packed-store.ts'
import { StoreSource } from '../reading/store-source.ts'
import { App } from './app.tsx'
import { followScheme } from './colours.ts'
import { HttpSource } from './http-source.ts'
import { begin } from './state.ts'
import 'uplot/dist/uPlot.min.css'
import './style/index.css'

async function findSource(): Promise<Source> {
  const packed = document.getElementById('packed-runs')?.textContent
  if (packed == null) return new HttpSource(() => Date.now())
  const { store, now } = await packedStore(Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0)))
  // A report of one run opens with it.
  const runs = await store.runs()
  if (runs.length === 1 && location.hash === '') location.hash = `#/runs/${encodeURIComponent(runs[0].id)}`
  return new StoreSource(store, { now: () => now })
}

followScheme()
begin(await findSource())
render(<App />, document.getElementById('app') as HTMLElement)
