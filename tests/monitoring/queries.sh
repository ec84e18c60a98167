# shellcheck shell=bash disable=SC2154
# What rules and dashboards ask Prometheus for. Needs $root.

rules_file=$root/deploy/prometheus/teal.rules.yml
dashboards=$root/deploy/grafana/dashboards

# Every metric that teald can expose, as its source names them, with what a histogram makes of its name.
known_metrics() {
  local name
  # On one line: the formatter breaks calls where it likes.
  local source
  source=$(tr -s ' \n' ' ' < "$root/daemon/runtime/metrics_state.hpp")
  grep -oE '(gauge|counter)\( ?"[a-z_]+"' <<< "$source" | cut -d '"' -f 2
  # Those of applications stand in a table.
  local table
  table=$(tr -s ' \n' ' ' < "$root/daemon/runtime/metrics_applications.cpp")
  grep -oE '\{"teal_[a-z_]+", ("[^"]*" ?)+, ?MetricType::(Gauge|Counter)' <<< "$table" | cut -d '"' -f 2
  source+=" $(sed -E 's/\{("teal_[a-z_]+"), ("[^"]*" ?)+, ?MetricType::Histogram/histogram(\1/g' <<< "$table")"
  grep -ohE '"process_[a-z_]+"' "$root/daemon/runtime/metrics.cpp" | tr -d '"'
  for name in $(grep -oE 'histogram\( ?"[a-z_]+"' <<< "$source" | cut -d '"' -f 2); do
    printf '%s\n' "$name"_{bucket,sum,count}
  done
  # Prometheus' own.
  printf '%s\n' up ALERTS ALERTS_FOR_STATE
  sed -n 's/^ *- record: //p' "$rules_file"
}

# Expressions on stdin → the metric names in them, one a line. Prometheus' own words for it: what stands before { [ or
# an operator and has one of our prefixes.
metric_names() { sed 's/"[^"]*"//g' | grep -oE '\b(teal_[a-z_]+|teal:[a-z_]+|process_[a-z_]+|ALERTS(_FOR_STATE)?|up)\b' | sort -u; }

# Expressions on stdin → each vector selector, with its labels.
selectors() { grep -oE '\b(teal_[a-z_]+|teal:[a-z_]+|process_[a-z_]+|up)\b(\{[^}]*\})?' | sort -u; }

alerts() { sed -n 's/^ *- alert: //p' "$rules_file"; }

# "dashboard / panel" <tab> expression, one a line, variables filled in; annotations and variables as well.
dashboard_queries() {
  jq -r --arg application "${1:-sample}" '
    def filled: gsub("\\$__rate_interval|\\$__interval"; "15s") | gsub("\\$__range"; "3m") | gsub("\\$\\{?application(:[a-z]+)?\\}?"; $application)
      | gsub("\\s+"; " ");
    .title as $board
    | ((.panels[] | recurse(.panels[]?) | .title as $panel | .targets[]? | ["\($board) / \($panel)", (.expr | filled)]),
       (.annotations.list[] | select(.expr) | ["\($board) / annotation \(.name)", (.expr | filled)]))
    | @tsv' "$dashboards"/*.json
}
