#!/usr/bin/env node
/* Plain old JavaScript without static imports, so that a Node which is too old can still say so. */
var statuses = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }
/* First of all, and until a training takes over (src/cli/stop.ts): a signal is an exit status, as shells have it. */
Object.keys(statuses).forEach(function (signal) {
  process.on(signal, function () {
    process.exit(statuses[signal])
  })
})
var version = process.versions.node.split('.').map(Number)
if (version[0] > 22 || (version[0] === 22 && version[1] >= 18)) {
  run()
} else {
  console.error(
    'rappel: Node ' +
      process.versions.node +
      ' is too old, 22.18 or later is needed: install a current one, or in a clone of the repository' +
      ' run it through npm (npm run demo), which brings its own',
  )
  process.exitCode = 2
}

function run() {
  var main = new URL('../dist/cli/main.js', import.meta.url)
  return import('node:fs')
    .then(function (fs) {
      if (fs.existsSync(main)) return import(main.href)
      console.error("rappel: dist/ is missing: run 'npm run build' first")
      process.exitCode = 2
    })
    .then(function (cli) {
      return cli && cli.main(process.argv.slice(2))
    })
    .then(function (code) {
      if (typeof code === 'number') process.exitCode = code
    })
}
