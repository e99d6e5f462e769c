# What the scripts of both test clusters share; they source it.
# shellcheck shell=bash

refuse() {
  printf 'test cluster: %s\n' "$1" >&2
  exit 2
}

# wait_for SECONDS COMMAND...: try until it succeeds.
wait_for() {
  local tries=$(($1 * 10))
  shift
  until "$@"; do
    ((tries-- > 0)) || return 1
    sleep 0.1
  done
}
