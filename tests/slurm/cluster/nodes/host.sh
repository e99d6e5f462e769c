#!/usr/bin/env bash
# Make a host and let it come up: host.sh STATE_FOLDER NAME NUMBER. A host that has lost its power comes back the same way.
set -euo pipefail
state=$1 name=$2 number=$3
own=$state/hosts/$name

# setup_inside: what a host does for itself when it comes up, as its first process.
setup_inside() {
  hostname "$name"
  mount -t overlay overlay -o "lowerdir=/etc,upperdir=$own/etc,workdir=$own/work" /etc
  mkdir -p /etc/slurm
  mount --bind "$state/conf" /etc/slurm
  mount -t tmpfs tmpfs /run
  for kind in memory freezer; do # a branch of its own, as on a machine of its own
    group=/sys/fs/cgroup/$kind
    [[ ! -e $state/conf/cgroup.conf ]] || mount --bind "$group/practica-$name" "$group"
  done
  echo "$number" >/run/number
  install -d -m 0755 -o munge -g munge /run/munge
  install -D -m 0400 -o munge -g munge "$state/munge.key" /etc/munge/munge.key
  ip link set lo up
}

if [[ ${4:-} == inside ]]; then
  setup_inside
  touch "$own/up"
  while :; do sleep 3600 & wait; done # bash also buries the processes whose parents have ended
fi

mkdir -p "$own"/{etc,work}
rm -f "$own/up"
if [[ -e $state/conf/cgroup.conf ]]; then
  mkdir -p /sys/fs/cgroup/{memory,freezer}/"practica-$name"
fi
{
  echo "127.0.0.1 localhost"
  printf '10.77.1.%s\n' "2 head" "3 spare" "4 login"
  for i in {1..9}; do echo "10.77.1.1$i node$i"; done
} >"$own/etc/hosts"
setsid unshare --net --uts --mount --pid --ipc --fork --kill-child --mount-proc \
  "$0" "$state" "$name" "$number" inside </dev/null >"$state/log/host-$name.log" 2>&1 &
for _ in {1..100}; do
  [[ ! -e $own/up ]] || break
  sleep 0.05
done
[[ -e $own/up ]] || { cat "$state/log/host-$name.log" >&2; exit 1; }
pid=$(cat "/proc/$!/task/$!/children")
echo "${pid// /}" >"$own/pid"

in_host() {
  local pid
  pid=$(cat "$state/hosts/$1/pid")
  shift
  nsenter --target "$pid" --mount --uts --ipc --net --pid "$@"
}

if [[ $name == switch ]]; then
  for network in slurm files; do
    in_host switch ip link add "$network" type bridge
    in_host switch ip link set "$network" up
  done
  in_host switch ip addr add 10.77.2.1/24 dev files
  in_host switch setsid socat TCP-LISTEN:7777,bind=10.77.2.1,fork,reuseaddr,nodelay \
    EXEC:/usr/lib/openssh/sftp-server </dev/null >"$state/log/files.log" 2>&1 &
  exit
fi
net=1
for network in slurm files; do # the ends at the switch are named node1-slurm and node1-files
  # With the process numbers of the machine, not with those of the switch.
  nsenter --target "$(cat "$state/hosts/switch/pid")" --net \
    ip link add "$name-$network" type veth peer name "$network" netns "$(cat "$own/pid")"
  in_host switch ip link set "$name-$network" master "$network" up
  in_host "$name" ip addr add "10.77.$net.$number/24" dev "$network"
  in_host "$name" ip link set "$network" up
  net=2
done
in_host "$name" setpriv --reuid munge --regid munge --init-groups munged \
  --log-file=/run/munge/munged.log --seed-file=/run/munge/seed
if [[ $name == login || $name == node* ]]; then
  in_host "$name" sshfs -o directport=7777,reconnect "10.77.2.1:$state/shared" "$state/shared"
fi
