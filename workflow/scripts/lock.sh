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
for env in cpu gpu; do
  step "resolving envs/lock-$env.txt" "$tools/bin/uv" pip compile pyproject.toml --extra "$env" --extra dev \
    --python-version 3.11 --generate-hashes --no-annotate --no-header -o "envs/lock-$env.txt"
done
say "done"
