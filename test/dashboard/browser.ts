/** @file A Chromium for the tests, from npm: no browser has to be installed. */
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/** The caller closes it. */
export async function openBrowser(): Promise<Browser> {
  // The tests' machine may have no language that a browser knows.
  const env = { ...process.env, LANG: 'en_US.UTF-8', LC_ALL: 'en_US.UTF-8', LANGUAGE: 'en' }
  // The package's own arguments are for one page in one process: closing a page would end the browser.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--lang=en-US']
  return playwright.launch({ executablePath: await chromium.executablePath(), args, headless: true, env })
}
