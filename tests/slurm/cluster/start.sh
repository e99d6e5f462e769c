#!/usr/bin/env bash
# Start a SLURM cluster of one node on the loopback interface: start.sh STATE_FOLDER (root only).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=$1
host=$(hostname -s)
# The default place: the executor plugin removes SLURM_CONF from the environment of its job steps.
etc=/etc/slurm

source "$here/common.sh"

[[ $(id -u) == 0 ]] || refuse "only root can start it"
for name in slurmctld slurmd sbatch munged; do
  command -v "$name" >/dev/null || refuse "$name is missing; run tests/slurm/ensure-slurm.sh"
done
if [[ -e $etc/slurm.conf ]] && ! head -n 1 "$etc/slurm.conf" | grep -q '^# practica test cluster'; then
  refuse "this machine has a SLURM of its own ($etc/slurm.conf)"
fi
if [[ -e $etc/slurm.conf ]] && timeout 10 scontrol ping 2>/dev/null | grep -q 'is UP'; then
  refuse "another test cluster is running ($(readlink "$etc/slurm.conf"))"
fi

mkdir -p "$state"/{etc,log,state,spool,run,dev,mail} "$etc"
chmod 755 "$state" "$state"/{etc,log,state,spool,run,dev,mail}
memory=$(awk '/^MemTotal/ {m = int($2 / 1024 * 0.9); print (m < 8000 ? m : 8000)}' /proc/meminfo)
for file in slurm.conf gres.conf; do
  sed -e "s#@STATE@#$state#g" -e "s#@HOST@#$host#g" -e "s#@MEMORY@#$memory#g" "$here/$file.in" >"$state/etc/$file"
  ln -sfn "$state/etc/$file" "$etc/$file"
done
cp "$here/mail.sh" "$state/mail"
# SLURM sets CUDA_VISIBLE_DEVICES only for character devices; these are twins of /dev/null.
for i in 0 1; do
  [[ -c $state/dev/nvidia$i ]] || mknod -m 666 "$state/dev/nvidia$i" c 1 3
done

munge_answers() {
  munge -n </dev/null 2>/dev/null | unmunge >/dev/null 2>&1
}

if ! munge_answers; then
  install -d -m 0755 -o munge -g munge /run/munge
  [[ -s /etc/munge/munge.key ]] || head -c 1024 /dev/urandom >/etc/munge/munge.key
  chown munge:munge /etc/munge/munge.key
  chmod 0400 /etc/munge/munge.key
  setpriv --reuid munge --regid munge --init-groups munged
  wait_for 10 munge_answers || refuse "munged does not answer"
  cp /run/munge/munged.pid "$state/run/munged.pid" # ours: stop.sh may end it
fi

node_is_idle() {
  [[ $(sinfo -h -o %T 2>/dev/null | sort -u) == idle ]]
}

slurmctld -c
slurmd -c
wait_for 20 node_is_idle || {
  sinfo -N -l || true
  tail -n 20 "$state"/log/slurm*.log
  refuse "the node does not come up"
} >&2
# The health check: a job that gets one of the GPUs.
# shellcheck disable=SC2016
timeout 30 srun -Q -p gpu --gpus=1 --mem=10 -t 1 bash -c '[[ -n $CUDA_VISIBLE_DEVICES ]]' ||
  refuse "the trial job failed; see $state/log"
