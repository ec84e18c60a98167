# shellcheck shell=bash disable=SC2154
# Processes that deploy/servers starts: on record by pid and start time, stopped by that pid only.
# Needs $dir. A record is DIR/pids/NAME: "PID STARTTIME".

say() { echo "${0##*/}: $*" >&2; }

# fail MESSAGE [LOG]: with the last lines of the log that may explain it.
fail() {
  echo "${0##*/}: $1" >&2
  if [[ -n ${2:-} && -s ${2:-} ]]; then
    echo "${0##*/}: the last lines of $2:" >&2
    tail -n 15 "$2" | sed 's/^/    /' >&2
  fi
  exit 1
}

start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# A pid alone proves nothing: the kernel may have given it to somebody else since.
alive() {
  local pid started
  read -r pid started 2>/dev/null <"$dir/pids/$1" || return 1
  [[ -n $started && $(start_time "$pid") == "$started" ]] && [[ $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) != Z* ]]
}

pid_of() { cut -d ' ' -f 1 "$dir/pids/$1"; }

# launch NAME LOG COMMAND…: in a session of its own, with nothing of ours open, so that whoever reads our output
# sees its end.
launch() {
  local name=$1 log=$2 pid
  shift 2
  mkdir -p "$dir/pids"
  (
    for fd in /proc/"$BASHPID"/fd/*; do
      fd=${fd##*/}
      if ((fd > 2 && fd != 255)); then eval "exec $fd>&-"; fi
    done
    exec setsid "$@"
  ) >>"$log" 2>&1 </dev/null &
  pid=$!
  echo "$pid $(start_time "$pid")" >"$dir/pids/$name"
  disown "$pid"
}

# wait_until SECONDS COMMAND…: true once the command is.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

# wait_for NAME SECONDS COMMAND…: as wait_until, but gives up as soon as the process is gone.
wait_for() {
  local name=$1 deadline=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    alive "$name" && ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

dead() { ! alive "$1"; }

# stop NAME [SIGNAL [SECONDS]]: then SIGKILL.
stop() {
  if alive "$1"; then
    kill "-${2:-TERM}" "$(pid_of "$1")" 2>/dev/null || true
    if ! wait_until "${3:-20}" dead "$1"; then
      say "$1 did not stop within ${3:-20} s: killing it"
      kill -KILL "$(pid_of "$1")" 2>/dev/null || true
      wait_until 5 dead "$1" || fail "$1 (pid $(pid_of "$1")) cannot be killed"
    fi
  fi
  rm -f "$dir/pids/$1"
}

free_port() {
  local port
  for _ in {1..200}; do
    # Below the kernel's own range for outgoing connections, so that none takes it before the server does.
    port=$((20000 + RANDOM % 12000))
    [[ -n $(ss -Hltn "sport = :$port") ]] || { echo "$port"; return; }
  done
  fail "no free TCP port found between 20000 and 32000"
}

# put KEY VALUE FILE: one line of the environment that `servers env` prints.
put() { printf '%s=%q\n' "$1" "$2" >>"$3"; }
