#!/usr/bin/env bash
# Stop all hosts that start.sh has started; all their processes end with them: stop.sh STATE_FOLDER
set -euo pipefail
state=$1
for own in "$state"/hosts/*; do
  [[ -s $own/pid ]] || continue
  pid=$(cat "$own/pid")
  if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$state"; then
    kill -9 "$pid"
  fi
  rm -f "$own/pid"
done
sleep 1
for group in /sys/fs/cgroup/{memory,freezer}/practica-*; do
  [[ ! -d $group ]] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
done
