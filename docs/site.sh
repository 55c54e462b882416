#!/bin/sh
# `sh docs/site.sh PROGRAM FOLDER` (make docs): gathers the project's pages in FOLDER/documentation, lets the program write the
# reference of its verbs and keys there, and builds FOLDER/site. A dead link or a page without a place is an error.
set -eu
program=$(realpath "$1") to=$(realpath -m "$2")
cd "$(dirname "$0")/.."
pages=$to/documentation/pages
rm -rf "$to/documentation" "$to/site"
mkdir -p "$pages/docs/reference"
cp --parents ./*.md CITATION.cff data/README.md data/sets.json bench/results/*.md tests/emulator/README.md docs/*.md docs/*.png \
  docs/site.css docs/guide/*.md examples/*.cpp "$pages"
"$program" help --markdown >"$pages/docs/reference/verbs.md"
"$program" config --keys >"$pages/docs/reference/keys.md"
cp docs/mkdocs.yml "$to/documentation/"
mkdocs build --quiet --strict -f "$to/documentation/mkdocs.yml"
echo "docs: $to/site/index.html"
