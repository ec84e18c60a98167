# shellcheck shell=bash
# Expectations for tests written in shell: each says what it wanted and got, and the test goes on to its end.

failures=0

# expect WHAT WANTED GOT: WANTED is a pattern as in [[ … == … ]].
expect() {
  # shellcheck disable=SC2053
  if [[ $3 == $2 ]]; then
    echo "ok    $1"
  else
    echo "FAIL  $1: wanted '$2', got '$3'"
    failures=$((failures + 1))
  fi
}

# eventually SECONDS COMMAND…
eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= deadline)); then return 1; fi
    sleep 0.05
  done
}

conclude() {
  echo "$failures failed expectations"
  exit $((failures > 0))
}
