#!/bin/sh
# npm test: does what a fresh clone needs, then lint, format and types, the build, and the tests.
#   npm test            all        npm test -- unit       those beside what they test, in src/
#   npm test -- e2e     test/e2e   npm test -- FILE …     these files        npm run bench   test/bench
#   npm run test:vm     test/vm, on a machine with a kernel of its own, whose image it makes where it is missing
# In the environment:
#   SEED=n       every random test draws from this seed, not from its own (a run prints them): SEED=7 npm test -- FILE
#   RUNS=n       random tests run so many times as often; 0.1: a tenth of it
#   CRASH=full   crash tests kill at every point and go on and back from each, not at one for each operation and system
#                call; takes twice as long
#   CI=true      a test that this machine cannot run fails, a stale schema/spec.schema.json is not written anew;
#                a run of all tests wants enough of src/ gone through (test/coverage.ts)
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

[ "${1-}" != vm ] || test/servers/install.sh machine-debian-12
coverage=
if [ $# -eq 0 ]; then
  [ "${CI-}" != true ] || coverage=--coverage
  set -- unit 'test/**/*.test.ts'
fi
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

node --run build &
build=$!
node --run check || { wait "$build"; exit 1; }
wait "$build"
# It names the built-in services. Where the machine is to judge, a stale one fails.
[ "${CI-}" = true ] || node test/write-schemas.ts spec
exec node test/run.ts $coverage "$@"
