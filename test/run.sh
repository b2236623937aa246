#!/bin/sh
# npm test: does what a fresh clone needs, then lint, format and types, the build, and the tests.
#   npm test            all        npm test -- unit       those beside what they test, in src/
#   npm test -- e2e     test/e2e   npm test -- FILE …     these files        npm run bench   test/bench
# Must run on any npm and any Node.js that can start it: Node.js 24 comes with npm ci.
set -eu
cd -- "$(dirname -- "$0")/.."

if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --include=dev --include=optional --ignore-scripts --global=false --loglevel=error </dev/null
fi
export PATH="$PWD/node_modules/.bin:$PATH"
[ -t 1 ] || export NO_COLOR=1

if [ "${1-}" = bench ]; then
  shift
  node --run build
  exec node test/bench/bench.ts "$@"
fi

[ $# -gt 0 ] || set -- unit 'test/**/*.test.ts'
for what; do
  shift
  if [ "$what" = unit ]; then
    set -- "$@" 'src/**/*.test.ts'
  elif [ -d "test/$what" ]; then
    set -- "$@" "test/$what/**/*.test.ts"
  elif [ -f "$what" ] || [ "$what" = 'test/**/*.test.ts' ]; then
    set -- "$@" "$what"
  else
    echo "npm test: cannot find tests called $what: want unit, a folder of test/, or a file" >&2
    exit 2
  fi
done

node --run check
node --run build
exec node --test --test-reporter=spec --test-concurrency=2 --test-timeout=600000 "$@"
