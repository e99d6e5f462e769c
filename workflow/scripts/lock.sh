#!/usr/bin/env bash
# Bring the lock files in step with pyproject.toml; versions that still fit stay: lock.sh PYTHON
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source workflow/scripts/steps.sh

start lock
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
step "making a temporary environment" "$1" -m venv "$tools"
step "installing uv" "$tools/bin/pip" install -qq --disable-pip-version-check uv

# resolve ENV EXTRA...: write the lock of an environment that holds these extras beside the one of its own name.
resolve() {
  step "resolving envs/lock-$1.txt" "$tools/bin/uv" pip compile pyproject.toml "${@/#/--extra=}" \
    --python-version 3.11 --generate-hashes --no-annotate --no-header -o "envs/lock-$1.txt"
}

resolve cpu dev jax # which `make test` trains with, too; on GPUs a site's own build of JAX is better than any of ours
resolve gpu dev
say "done"
