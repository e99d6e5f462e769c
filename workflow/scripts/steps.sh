# Sourced by the set-up scripts: run steps calmly, one line each, with the details in a log file.

# start NAME: name the script in its lines and begin its log.
start() {
  name=$1
  log=logs/$name.log
  { mkdir -p logs && : >"$log"; } 2>/dev/null || refuse "cannot write to $PWD: work in a folder of your own"
}

# step LABEL COMMAND...: say what happens and when; on failure show the end of the log and stop.
step() {
  local label=$1
  shift
  say "$label"
  "$@" >>"$log" 2>&1 </dev/null || {
    printf '%s: failed while %s; the end of %s:\n' "$name" "$label" "$log" >&2
    tail -n 15 "$log" >&2
    exit 1
  }
}

say() {
  printf '[%3d s] %s: %s\n' "$SECONDS" "$name" "$1"
}

# refuse SENTENCE: stop because the machine lacks something that a person has to provide.
refuse() {
  printf '%s: %s\n' "$name" "$1" >&2
  exit 2
}
