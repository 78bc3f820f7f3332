/** @file Where the page begins: it looks where its data are, and shows them. */
import { render } from 'preact'
import { App } from './app.tsx'
import { followScheme } from './colours.ts'
import { HttpSource } from './http-source.ts'
import { begin } from './state.ts'
import 'uplot/dist/uPlot.min.css'
import './style/index.css'

followScheme()
begin(new HttpSource(() => Date.now()))
render(<App />, document.getElementById('app') as HTMLElement)
