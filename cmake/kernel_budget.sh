#!/bin/sh
# kernel_budget.sh check|update <table of kernel_resources.sh> <budget> <version of nvcc>
# The budget: for each kernel, whatever its template arguments, the most registers per thread and the most bytes of
# static shared memory per block, as one version of nvcc gives them for sm_80 and sm_90; the first line says which cells
# are included. The kernels of other cells are reported, but not compared until an update takes them in. With any
# compiler, for any architecture and for any cell, no kernel may spill or have a stack frame. `update` writes the
# current figures.
set -eu
mode=$1 table=$2 budget=$3 version=$4
# scan_forward<Brc<float>> is the kernel scan_forward, of the cell Brc; adam_step<float> belongs to no cell.
names='
  function family_of(kernel) { sub(/<.*/, "", kernel); return kernel }
  function cell_of(kernel) { return match(kernel, /^[a-z_]+<[A-Z][A-Za-z0-9]*</) ? substr(kernel, index(kernel, "<") + 1, RLENGTH - index(kernel, "<") - 1) : "" }
'
case $mode in
update)
  awk -F '\t' "$names"'
    NR > 1 && $1 !~ /^library / {
      family = family_of($1)
      if ($3 + 0 > registers[family] + 0) registers[family] = $3
      if ($4 + 0 > shared[family] + 0) shared[family] = $4
    }
    END { for (family in registers) printf "%s\t%d\t%d\n", family, registers[family], shared[family] }
  ' "$table" | LC_ALL=C sort >"$budget.new"
  cells=$(awk -F '\t' "$names"'NR > 1 && cell_of($1) { print cell_of($1) }' "$table" | LC_ALL=C sort -u | tr '\n' ' ')
  { printf 'nvcc %s\tregisters\tshared\t%s\n' "$version" "${cells% }"; cat "$budget.new"; } >"$budget"
  rm -f "$budget.new"
  ;;
check)
  awk -F '\t' -v compiler="nvcc $version" "$names"'
    function complain(text) { print text; ++faults }
    NR == 1 { compared = $1 == compiler; of = $1; count = split($4, list, " "); for (i = 1; i <= count; ++i) known[list[i]] = 1 }
    FNR == 1 { next }
    NR == FNR { registers[$1] = $2; shared[$1] = $3; next }
    $1 ~ /^library / { next }
    {
      family = family_of($1)
      cell = cell_of($1)
      ++kernels
      seen[family] = 1
      where = $1 " for " $2 ": "
      if ($6 > 0) complain(where $6 " bytes spilled: none may be")
      if ($5 > 0) complain(where $5 " bytes of stack: none may be")
      if (!compared || $2 !~ /^sm_(80|90)$/) next
      if (cell && !(cell in known)) { ++unknown[cell]; next }
      if (!(family in registers)) { complain(where "no budget for " family); next }
      if ($3 > registers[family] + 0) complain(where $3 " registers, budget " registers[family])
      if ($4 > shared[family] + 0) complain(where $4 " bytes of shared memory, budget " shared[family])
    }
    END {
      if (!compared) print "registers not compared: the budget is of " of ", this is " compiler
      else for (family in registers) if (!(family in seen)) complain(family ": in the budget, not in the build")
      for (cell in unknown) printf "%s: %d kernels not compared, the budget is older\n", cell, unknown[cell]
      if (kernels == 0) complain("the table has no kernels")
      if (faults > 0) {
        print "If this is as it should be: cmake --build <build folder> --target update_kernel_budget"
        exit 1
      }
      printf "%d kernels, none spills%s\n", kernels, compared ? ", all that are compared within their budget" : ""
    }
  ' "$budget" "$table"
  ;;
*)
  echo "kernel_budget.sh: $mode is neither check nor update" >&2
  exit 2
  ;;
esac
