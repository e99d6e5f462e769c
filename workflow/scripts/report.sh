#!/usr/bin/env bash
# Run the study with the quick profile and build both reports; where a run failed, with its hole marked.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH=$PWD/.venv/bin:$PATH

# In the background: a trap waits for what runs in front.
run() {
  "$@" &
  running=$!
  wait "$running"
}

stop() {
  if kill -TERM "${running:-}" 2>/dev/null; then
    wait "$running" || true
  fi
  echo "report: stopped; make report goes on from here" >&2
  exit 130
}
trap stop HUP INT TERM

# Snakemake, LaTeX and matplotlib keep caches in the home folder; in a container its user may have none.
if [[ ! -w ${HOME:-} ]]; then
  export HOME=$PWD/.snakemake/home
  mkdir -p "$HOME"
fi

study=(snakemake --profile profiles/quick)
results=$(python -m practica where results --profile profiles/quick) || exit
data=$(python -m practica where data --profile profiles/quick) || exit
status=0
# What Snakemake's last lines said.
outcome() {
  [[ ! -f .snakemake/practica_outcome.txt ]] || echo "$(<.snakemake/practica_outcome.txt)"
}

run "${study[@]}" || status=$?
if ((status > 128)); then
  echo "report: Snakemake was killed by signal $((status - 128)); it starts again and goes on" >&2
  status=0
  run "${study[@]}" || status=$?
fi
((status != 2)) || exit 2 # bad input: the sentence above says what to correct
if ((status)); then
  echo "report: something failed (see above); building the report from what is there" >&2
  failed=$(outcome)
  study+=(--config partial=true)
  run "${study[@]}"
fi
said=$(outcome)
run "${study[@]}" --report "$results/report.zip"
python -m practica sums --results "$results"

echo
if ((status)); then
  # The second run made what was possible; what failed, the first one says.
  echo "${failed%%$'\n'The same command*}"
  said=${said#*$'\n'}
fi
echo "$said"
echo "In one file:  $results/report.zip (unzip it, then open report/report.html in a browser)"
if generated=$(cd "$data/prepared" 2>/dev/null && grep -ls '"stand_in": true' -- */dataset.json | cut -d/ -f1 | paste -sd' ') && [[ $generated ]]; then
  echo "report: generated stand-ins took the place of these data sets: $generated (real ones: docs/data.md)" >&2
fi
if ((status)); then
  echo "report: the study is not complete: the reports mark what is missing" >&2
fi
exit "$status"
