/** @file A Chromium for the tests, from npm: no browser has to be installed. */
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/** The caller closes it. */
export async function openBrowser(): Promise<Browser> {
  // The tests' machine may have no language that a browser knows.
  const env = { ...process.env, LANG: 'en_US.UTF-8', LC_ALL: 'en_US.UTF-8', LANGUAGE: 'en' }
  const args = [...chromium.args, '--lang=en-US']
  return playwright.launch({ executablePath: await chromium.executablePath(), args, headless: true, env })
}
