#!/usr/bin/env bash
# Make .venv hold exactly the locked packages and this project: setup-venv.sh PYTHON [cpu|gpu]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source workflow/scripts/steps.sh

ready=.venv/.ready # names the lock that is installed; it exists only after a whole set-up
place=.venv/.place # where it was made: its programs hold that path, and work nowhere else
installed=$(cat "$ready" 2>/dev/null || true)
python=$1
wanted=${2:-${installed:-cpu}}
if [[ ! -x .venv/bin/python || (-e $place && $(<$place) != "$PWD") ]]; then
  installed=
fi
lock=envs/lock-$wanted.txt

if [[ $installed == "$wanted" && $ready -nt $lock && $ready -nt pyproject.toml ]]; then
  exit 0
fi

start setup
[[ $PWD != *[\"\$\`\\{}]* ]] ||
  refuse "the path of this folder holds a quote, dollar, backslash or brace, which other tools misread: move it ($PWD)"
[[ -f $lock ]] || refuse "there is no $lock; choose ENV=cpu or ENV=gpu"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>>"$log" ||
  refuse "Python 3.11 or newer is needed, and $python is not; name one: make setup PYTHON=/path/to/python3.11"
"$python" -c 'import ensurepip, venv' 2>>"$log" ||
  refuse "$python cannot make virtual environments; on Debian run: sudo apt-get install python3-venv"
[[ $installed == "$wanted" || ! -L .venv ]] ||
  refuse ".venv is a link, and a new environment would empty the folder behind it: remove the link (rm .venv)"

compiled() {
  .venv/bin/python -m compileall -qq -j 0 "$@" || true
}

pip=(.venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --no-deps)
rm -f "$ready"
if [[ $installed != "$wanted" ]]; then # nothing whole to build on
  step "making .venv" "$python" -m venv --clear .venv
fi
step "installing the packages of $lock (some two minutes)" "${pip[@]}" --no-compile --require-hashes -r "$lock"
# On all cores; pip would compile on one. Whatever does not compile now is compiled, or fails, when it is imported.
step "compiling the packages" compiled "$PWD"/.venv/lib/python3.*/site-packages
step "installing the project" "${pip[@]}" --no-build-isolation --editable .
# Some containers forbid Python to write bytecode, and each job would compile the project again.
compiled workflow study plugins
echo "$PWD" >"$place"
echo "$wanted" >"$ready"
say "done"
