#!/bin/sh
# Installs what the distribution has to provide. First the list; then only what is missing; if nothing is missing, it
# installs nothing and uses no network.
set -eu
packages="g++ cmake libeigen3-dev libtomlplusplus-dev nlohmann-json3-dev libfmt-dev zlib1g-dev libssl-dev
  libgmock-dev libgtest-dev libbenchmark-dev libjs-chart.js curl ca-certificates ${EXTRA_PACKAGES:-}"

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  cat <<'LIST'
setup: this system has no apt. hysteron needs these, from your package manager:
  a C++20 compiler (g++ 12 or later), CMake 3.25 or later, Ninja or make
  Eigen 3.4, toml++ 3, nlohmann-json 3.11, fmt 9 or later, zlib, OpenSSL 3
  for the tests GoogleTest 1.12 with GoogleMock; for the benchmarks Google Benchmark 1.7; for the reports Chart.js 3;
  to fetch data sets curl
The build says which of them it does not find.
LIST
  exit 0
fi

missing=
for package in $packages; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  case "$state" in installed*) ;; *) missing="$missing $package" ;; esac
done
if [ -z "$missing" ]; then
  echo "setup: all packages are installed"
  exit 0
fi

echo "setup: needs" $packages
echo "setup: installing$missing"
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
if [ -n "$as_root" ] && ! command -v sudo >/dev/null; then
  echo "setup: not root, and there is no sudo; as root, run: apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >"$log" 2>&1
}
# Package lists may be missing or stale: only then are they fetched.
install || { $as_root apt-get update -q >"$log" 2>&1 && install; } || {
  cat "$log" >&2
  echo "setup: could not install$missing" >&2
  exit 1
}
