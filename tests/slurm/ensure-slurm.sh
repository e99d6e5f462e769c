#!/usr/bin/env bash
# Install SLURM's daemons for the tests where they are missing and this user may (Debian, root); else say what to run.
# With `nodes`, also what a cluster of several nodes needs.
set -euo pipefail
packages=(slurmctld slurmd slurm-client munge)
commands=(slurmctld slurmd sbatch munged)
if [[ ${1:-} == nodes ]]; then
  packages+=(slurmdbd mariadb-server sshfs openssh-sftp-server socat iproute2)
  commands+=(slurmdbd mariadbd sshfs socat ip)
fi
install=(install -y --no-install-recommends "${packages[@]}")

have_slurm() {
  command -v "${commands[@]}" | wc -l | grep -qx "${#commands[@]}"
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
