#!/bin/sh
# Starts the media process: the same Deno that runs its parent, with these permissions and no others.
#
# The main process may run this file and no other program. It gives no arguments, so it can't ask for more.
# All modules are ours: nothing is looked up, downloaded or checked on the way to a replacement.
# Media comes from and goes to any address. Libraries that are named as narrowly as Deno can are looked for
# in the working folder alone, not where the system has them. Deno hands LD_LIBRARY_PATH on to nobody.
libraries=$(tr '\0' '\n' <"/proc/$PPID/environ" | sed -n 's/^LD_LIBRARY_PATH=//p')
[ -z "$libraries" ] || export LD_LIBRARY_PATH="$libraries"
deno=$(readlink "/proc/$PPID/exe")
# It was replaced on the disk since, and lives on as long as it runs.
[ -x "$deno" ] || deno="/proc/$PPID/exe"
exec "$deno" run --no-prompt --no-check --no-config --no-lock --no-remote --no-npm \
  --allow-net --allow-ffi --allow-env=LECTERN_PORTABLE_IO \
  "${0%/*}/sfu/io/media_main.ts"
