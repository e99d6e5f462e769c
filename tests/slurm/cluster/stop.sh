#!/usr/bin/env bash
# Stop the daemons that start.sh started, and only those: stop.sh STATE_FOLDER
set -euo pipefail
state=$1

# alive PID: whether the process runs; one that only waits for its parent to notice its end does not.
alive() {
  grep -qs '^State:[[:space:]]*[^Z]' "/proc/$1/status"
}

# end PID NAME: end the process, by force after ten seconds, if it still is the daemon of that name.
end() {
  [[ $(cat "/proc/$1/comm" 2>/dev/null) == "$2" ]] || return 0
  kill "$1"
  for _ in {1..100}; do
    alive "$1" || return 0
    sleep 0.1
  done
  kill -9 "$1"
}

# Jobs first: without a controller, their steps would try for ever to tell it that they have ended.
if [[ -s $state/run/slurmctld.pid ]]; then
  timeout 10 scancel --user="$(id -un)" || true
  for _ in {1..150}; do
    [[ -n $(timeout 10 squeue --noheader 2>/dev/null) ]] || break
    sleep 0.1
  done
fi
for name in slurmctld slurmd munged; do
  file=$state/run/$name.pid
  [[ -s $file ]] || continue
  end "$(cat "$file")" "$name"
  rm -f "$file"
done
for file in slurm.conf gres.conf; do
  [[ $(readlink "/etc/slurm/$file") != "$state/etc/$file" ]] || rm "/etc/slurm/$file"
done
