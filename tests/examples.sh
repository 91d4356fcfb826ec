#!/bin/sh
# examples.sh - the demo runs on built-in data, from any folder (that examples and tools build is make's part)
# SPDX-License-Identifier: MIT-0 OR Unlicense
. "$(dirname "$0")/sh.inc"
cd "$tmp" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL

demo() { "$MAKE" -s -C "$top/examples" demo V="${V:-}" CC="$CC" CFLAGS="$CFLAGS" >out && [ -s out ]; }
if [ -f "$top/examples/demo.c" ]; then check "make -C examples demo" demo
elif wanted "make -C examples demo"; then skip "make -C examples demo" "examples/demo.c is not there yet"; fi

finish
