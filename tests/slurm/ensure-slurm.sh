#!/usr/bin/env bash
# Install SLURM's daemons for the tests where they are missing and this user may (Debian, root); else say what to run.
set -euo pipefail
packages=(slurmctld slurmd slurm-client munge)
install=(install -y --no-install-recommends "${packages[@]}")

have_slurm() {
  command -v slurmctld && command -v slurmd && command -v sbatch && command -v munged
} >/dev/null 2>&1

if have_slurm; then
  exit 0
fi
if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
  printf 'the tests of SLURM need its daemons; run: sudo apt-get %s\n' "${install[*]}" >&2
  exit 2
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -q -o DPkg::Lock::Timeout=120)
if ! { "${apt[@]}" update && "${apt[@]}" "${install[@]}"; } >"$log" 2>&1 </dev/null; then
  printf 'apt-get could not install %s:\n' "${packages[*]}" >&2
  tail -n 5 "$log" >&2
  exit 1
fi
have_slurm
