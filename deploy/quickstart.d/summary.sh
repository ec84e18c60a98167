# shellcheck shell=bash disable=SC2154
# What the demonstration showed, for people.
# Needs $state, $psql_ (a function running SQL as the superuser), teal (a function).

# phase_table ROLLOUT_JSON
phase_table() {
  jq -r '
    def seconds: if . == null then now else
      (sub("\\.[0-9]+Z$"; "Z") | fromdateiso8601) + ((try capture("(?<f>\\.[0-9]+)Z$").f catch "0") | tonumber) end;
    def rounded: . * 100 | round / 100;
    (.status.phases // [])[]
      | [.phase, ((.finishedAt | seconds) - (.startedAt | seconds) | if . < 0 then 0 else rounded end)] | @tsv' "$1" |
    awk -F '\t' '{printf "    %-14s %7.2f s\n", $1, $2}'
}

kinds_table() {
  jq -r '{new: "on new connections", keep_alive: "on kept connections", slow: "of 2 seconds each"} as $words
    | .by_kind | to_entries[] | [.value.sent, .value.failed, $words[.key]] | @tsv' "$1" |
    awk -F '\t' '{printf "    %6d %-20s %d failed\n", $1, $3, $2}'
}

# print_summary BEFORE AFTER
print_summary() {
  local rollout=$state/logs/rollout.json load=$state/logs/load.json
  printf '\n================ what happened ================\n\n'
  printf '  version before     %s\n  version after      %s\n' "$1" "$2"
  printf '  rollout            %s: %s\n\n' "$(jq -r .metadata.name "$rollout")" "$(jq -r .status.phase "$rollout")"
  echo '  phases of the upgrade'
  phase_table "$rollout"
  printf '\n  requests served    %s\n  requests failed    %s\n' "$(jq '.sent - .failed' "$load")" "$(jq .failed "$load")"
  kinds_table "$load"
  printf '    answered by version %s\n' "$(jq -r '.versions | to_entries | map("\(.key): \(.value)") | join(", version ")' "$load")"
  jq -r '.errors | to_entries[] | "    FAILED \(.value) times: \(.key)"' "$load"
  printf '\n  worker             %s\n' "$(jobs_line)"
  printf '\n  migrations on record in the database\n'
  sql "SELECT format('    version %s as user %s, finished: %s', version, migrated_by, finished_at IS NOT NULL) FROM migration_runs ORDER BY id"
  printf '\n  the migration'\''s log (teal logs sample --migration)\n'
  sed 's/^/    /' "$state/logs/migration.log"
  echo
}

jobs_line() {
  sql "SELECT format('%s of %s jobs finished exactly once', count(*) FILTER (WHERE finishes = 1), count(*)) FROM jobs"
}
