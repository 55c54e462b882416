#!/bin/sh
# kernel_resources.sh <table> <object>...: gathers what record_ptxas.sh kept into one table, a line for each kernel and
# architecture: kernel, architecture, registers per thread, bytes of static shared memory per block, bytes of stack and
# bytes spilled per thread. Names without our namespaces and parameters.
set -eu
table=$1
shift
for object; do
  case $object in *.cu.o) cat "$object.ptxas" ;; esac
done | awk '
  /Compiling entry function/ { split($0, quoted, "\047"); kernel = quoted[2]; architecture = quoted[4] }
  /bytes stack frame/ { stack = $1; spilled = $5 + $9 }
  /Used [0-9]+ registers/ {
    shared = 0
    for (i = 1; i < NF; ++i) {
      if ($i == "Used") registers = $(i + 1)
      if ($(i + 2) ~ /^smem/) shared = $i
    }
    printf "%s\t%s\t%d\t%d\t%d\t%d\n", kernel, architecture, registers, shared, stack, spilled
  }' | c++filt | awk -F '\t' -v OFS='\t' '
  {
    name = $1
    sub(/^void /, "", name)
    depth = 0  # the parameters begin at the first parenthesis outside of template arguments
    for (i = 1; i <= length(name); ++i) {
      letter = substr(name, i, 1)
      if (letter == "<") ++depth
      if (letter == ">") --depth
      if (letter == "(" && depth == 0 && substr(name, i, 21) != "(anonymous namespace)") { name = substr(name, 1, i - 1); break }
    }
    ours = name ~ /^hysteron::/
    gsub(/hysteron::(cuda::)?(\(anonymous namespace\)::)?/, "", name)
    gsub(/ >/, ">", name)
    print (ours ? "" : "library ") name, $2, $3, $4, $5, $6
  }' | sort -u >"$table.new"
{ printf 'kernel\tarchitecture\tregisters\tshared\tstack\tspilled\n'; cat "$table.new"; } >"$table"
rm -f "$table.new"
