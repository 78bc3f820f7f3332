/** @file Builds the dashboard's page: `src/dashboard/page` becomes `dist/dashboard/page`. */
import { defineConfig } from 'vite'

export default defineConfig({
  root: 'src/dashboard/page',
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../../dist/dashboard/page',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  logLevel: 'warn',
})
