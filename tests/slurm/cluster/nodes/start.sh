#!/usr/bin/env bash
# Start a SLURM cluster of several nodes on one machine: start.sh STATE_FOLDER NODES (root only).
#
# Each host has its own network, name, processes, /etc and /run, so the machine's own ones stay as they are:
#   switch   joins the network of SLURM and that of the files, and serves the files of STATE_FOLDER/shared
#   head     slurmctld, slurmdbd, MariaDB; spare: a second slurmctld; login: where Snakemake runs
#   node1... slurmd
# login and the nodes mount STATE_FOLDER/shared by themselves, over the network of the files.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=$1
nodes=$2

source "$here/../common.sh"

[[ $(id -u) == 0 ]] || refuse "only root can start it"
for name in slurmctld slurmd slurmdbd sbatch munged mariadbd sshfs socat nsenter; do
  command -v "$name" >/dev/null || refuse "$name is missing; run tests/slurm/ensure-slurm.sh nodes"
done

mkdir -p "$state"/{conf,log,state,spool,shared,hosts,mysql}
chmod 755 "$state"
((nodes >= 2 && nodes <= 9)) || refuse "2 to 9 nodes, not $nodes"
head -c 1024 /dev/urandom >"$state/munge.key"
proctrack=linuxproc task=none
# cgroups of version 1 can limit memory here if this user may make some.
if mkdir -p /sys/fs/cgroup/{memory,freezer}/practica-trial 2>/dev/null; then
  rmdir /sys/fs/cgroup/{memory,freezer}/practica-trial
  proctrack=cgroup task=cgroup
  cp "$here/cgroup.conf" "$state/conf"
fi
for file in slurm.conf slurmdbd.conf; do
  sed -e "s#@STATE@#$state#g" -e "s#@NODES@#$nodes#g" -e "s#@PROCTRACK@#$proctrack#g" -e "s#@TASK@#$task#g" \
    "$here/$file.in" >"$state/conf/$file"
done
chmod 600 "$state/conf/slurmdbd.conf"
: >"$state/names"

"$here/host.sh" "$state" switch 1
"$here/host.sh" "$state" head 2
"$here/host.sh" "$state" spare 3
"$here/host.sh" "$state" login 4
for ((i = 1; i <= nodes; i++)); do
  "$here/host.sh" "$state" "node$i" $((10 + i))
done

in_host() {
  local pid
  pid=$(cat "$state/hosts/$1/pid")
  shift
  nsenter --target "$pid" --mount --uts --ipc --net --pid "$@"
}

in_host head "$here/database.sh" "$state"
in_host head slurmctld -c
in_host spare slurmctld
for ((i = 1; i <= nodes; i++)); do
  in_host "node$i" slurmd -c
done
nodes_are_idle() {
  [[ $(in_host login sinfo -h -N -p cpu -o %T 2>/dev/null | uniq -c) =~ ^\ *$nodes\ idle$ ]]
}
wait_for 30 nodes_are_idle || {
  in_host login sinfo -N -l || true
  tail -n 20 "$state"/log/slurm*.log
  refuse "the nodes do not come up"
} >&2
# The health check: a job on every node that sees the shared files.
: >"$state/shared/trial"
in_host login timeout 180 srun -Q --input=none -N "$nodes" --mem=10 -t 5 test -e "$state/shared/trial" ||
  refuse "the trial job failed; see $state/log"
