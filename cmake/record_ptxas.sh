#!/bin/sh
# record_ptxas.sh <compiler> <arguments>: a compiler launcher. What ptxas reports about each kernel (-Xptxas -v) goes to
# <object>.ptxas, everything else where it would have gone. A compiler cache behind it replays the same output.
object= before=
for argument; do
  [ "$before" = -o ] && object=$argument
  before=$argument
done
[ -n "$object" ] || exec "$@"
told='^ptxas info|^ +[0-9]+ bytes stack frame'
"$@" 2>"$object.told"
status=$?
grep -E "$told" "$object.told" >"$object.ptxas"
grep -E -v "$told" "$object.told" >&2
rm -f "$object.told"
exit $status
