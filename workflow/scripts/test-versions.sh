#!/usr/bin/env bash
# Run the tests that run no Snakemake against the oldest or the newest versions that pyproject.toml allows:
# test-versions.sh PYTHON oldest|newest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source workflow/scripts/steps.sh

start "test-$2"
venv=.venv-$2
case $2 in
oldest)
  resolution=lowest-direct        # what the project itself asks for; the packages' own needs as new as they fit
  options=(-W default)            # old versions warn of what has become of them since
  ;;
newest)
  resolution=highest
  options=()
  ;;
*) refuse "$2 is neither oldest nor newest" ;;
esac

step "making $venv" "$1" -m venv --clear "$venv"
step "installing uv" "$venv/bin/python" -m pip install -qq --disable-pip-version-check uv
uv=("$venv/bin/uv" pip)
step "resolving $venv/versions.txt" "${uv[@]}" compile pyproject.toml --extra cpu --extra jax --resolution "$resolution" \
  --python "$venv/bin/python" --no-annotate --no-header -o "$venv/versions.txt"
step "installing (some two minutes)" "${uv[@]}" install --python "$venv/bin/python" -r "$venv/versions.txt" \
  "setuptools>=77" hypothesis pytest
step "installing the project" "${uv[@]}" install --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
if [[ $2 == oldest ]]; then
  step "comparing them with the floors in pyproject.toml" "$venv/bin/python" workflow/scripts/floors.py
fi
own=() # tests of the project's study, which another study may lack
for room in exercises data training; do
  if [[ -d tests/study/$room ]]; then own+=("tests/study/$room"); fi
done
say "testing against the $2 versions ($venv/versions.txt)"
PATH=$PWD/$venv/bin:$PATH "$venv/bin/python" -m pytest -q -p no:cacheprovider -m "not workflow and not slurm" \
  ${options[@]+"${options[@]}"} tests/ground tests/training tests/data tests/evidence ${own[@]+"${own[@]}"} tests/figures \
  tests/trust plugins
