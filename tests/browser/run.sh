#!/usr/bin/env bash
# Opens the pages of `ingot docs` and `ingot ui` for the project in this folder in Chromium. Needs Chromium (CHROMIUM names
# it; else Debian's), Node.js and npm; where they are not there or cannot be installed it says so and leaves the pages unopened.
set -euo pipefail
cd "$(dirname "$0")/../.."
ingot=${INGOT:-${CARGO_TARGET_DIR:-target}/release/ingot}
left_out() {
  echo "LEFT OUT: $*, so the pages are not opened in a browser"
  exit 0
}
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$CHROMIUM" ]; then
  { apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1 || left_out "Chromium is not here and could not be installed"
fi
command -v npm >/dev/null || left_out "there is no npm"
tools=${TMPDIR:-/tmp}/ingot-browser-tests
mkdir -p "$tools"
cp tests/browser/package.json tests/browser/*.mjs "$tools"
[ -d "$tools/node_modules/axe-core" ] || npm install --silent --prefix "$tools" >/dev/null 2>&1 || left_out "npm could not install axe-core and playwright-core"

pages=$(mktemp -d)
trap 'rm -rf "$pages"; [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true' EXIT
"$ingot" docs --quiet --with-samples --out "$pages/site"
"$ingot" docs --quiet --with-samples --single-file "$pages/one.html"
node "$tools/site.mjs" "$pages/site" --single "$pages/one.html" "$@"
# A project with semantic models, metrics, saved queries and a function.
cp -r crates/models/tests/it/cases/semantic_layer "$pages/semantic"
printf 'case:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: case.duckdb}\n' >"$pages/semantic/profiles.yml"
"$ingot" --project-dir "$pages/semantic" docs --quiet --out "$pages/metrics"
node "$tools/site.mjs" "$pages/metrics"
"$ingot" ui >"$pages/address" &
server=$!
for _ in $(seq 100); do [ -s "$pages/address" ] && break; sleep 0.2; done
node "$tools/ui.mjs" "$(cat "$pages/address")" "$@"
