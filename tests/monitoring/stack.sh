# shellcheck shell=bash disable=SC2154
# The parts of the monitored stack: servers, teald with the sample application, load, and a real Prometheus.
# Needs $root, $bin and an empty directory $dir; process.sh sourced. $teald_settings: a line of `api` more.

free_tcp_port() {
  local port
  for port in $(shuf -i 20000-29999 -n 50); do
    if [[ -z $(ss -Htln "sport = :$port") ]]; then echo "$port"; return; fi
  done
  fail "no free port between 20000 and 29999"
}

sample() { "$root/tests/sample_app/build-image" --bin "$bin" "$@" >/dev/null; }

start_servers() {
  "$root/deploy/servers" up "$dir/s" --private --backend sample_api
  eval "$("$root/deploy/servers" env "$dir/s")"
  export DOCKER_HOST
  sample "$DOCKER_SOCKET" sample 1 2
  # Its migration succeeds, its API never gets healthy.
  sample --env NEVER_HEALTHY=1 "$DOCKER_SOCKET" sample 3
  # Its migration fails.
  sample --env MIGRATION=fail "$DOCKER_SOCKET" sample 4
}

start_teald() {
  teald_port=$(free_tcp_port)
  prometheus_port=$(free_tcp_port)
  managed_port=$(free_tcp_port)
  mkdir -p "$dir/manifests" "$dir/teald" "$dir/certificates"
  # It ends within 14 days.
  openssl req -x509 -newkey rsa:2048 -nodes -days 10 -subj /CN=page.example -addext subjectAltName=DNS:page.example \
    -keyout "$dir/key.pem" -out "$dir/page.pem" 2>/dev/null
  (umask 077 && cat "$dir/page.pem" "$dir/key.pem" >"$dir/certificates/page.pem")
  cat >"$dir/teald.yaml" <<YAML
apiVersion: teal/v1
kind: DaemonConfig
manifests: $dir/manifests
store: {sqlite: $dir/teald/teal.db}
api:
  listen: ["unix:$dir/teald/teal.sock", "127.0.0.1:$teald_port"]
  ${teald_settings:-}
engines:
  - {name: local, docker: {host: "unix://$DOCKER_SOCKET"}}
loadBalancers:
  - {name: edge, haproxy: {socket: "unix:$HAPROXY_ADMIN_SOCKET", url: "$HAPROXY_URL"}}
  - {name: managed, haproxy: {managed: {listen: ["127.0.0.1:$managed_port"], certificates: $dir/certificates, directory: $dir/managed}}}
# Nobody listens there: that is counted, and holds nothing up.
notifications: [{webhook: {url: "http://127.0.0.1:9/"}, on: [RolloutFailed]}]
prometheus: {url: "http://127.0.0.1:$prometheus_port"}
log: {format: json, level: info}
YAML
  launch teald "$dir/teald.log" "$bin/teald" --config "$dir/teald.yaml"
  wait_for teald 20 rest /readyz || fail "teald did not get ready" "$dir/teald.log"
  wait_until 20 test -s "$dir/managed/haproxy.cfg" || fail "teald did not write HAProxy's configuration" "$dir/teald.log"
  launch haproxy "$dir/haproxy.log" haproxy -W -f "$dir/managed/haproxy.cfg"
}

rest() { curl -sSf --max-time 5 --unix-socket "$dir/teald/teal.sock" "http://teal$1"; }

# save_version VERSION [ANALYSIS]: a version bump, as an editor saves it; with one analysis of its bake. $sample_bake, $sample_approval,
# $sample_startup, $sample_deadline: other than usual.
save_version() {
  cat >"$dir/manifest.new" <<YAML
apiVersion: teal/v1
kind: Application
metadata:
  name: sample
spec:
  version: "$1"
  image: sample
  pullPolicy: Never
  env:
    DB__HOST: $PG_SOCKET_DIR
    DB__PORT: "$PG_PORT"
    DB__NAME: $PG_DATABASE
    DB__USER: {fromFile: $PG_APP_USER_FILE}
    DB__PASSWORD: {fromFile: $PG_APP_PASSWORD_FILE}
  migration:
    attempts: 1
    jobs:
      - name: default
        command: ["./upgrade_schema.sh", "upgrade"]
        mounts: [{source: $PG_SOCKET_DIR, target: $PG_SOCKET_DIR}]
        credentials:
          DB__USER: {fromFile: $PG_MIGRATION_USER_FILE}
          DB__PASSWORD: {fromFile: $PG_MIGRATION_PASSWORD_FILE}
  components:
    - name: api
      replicas: 2
      port: 8000
      health: {interval: 500ms, timeout: 1s, successes: 2, startup: ${sample_startup:-3s}}
      loadBalancer: {name: edge, backend: $HAPROXY_BACKEND, drain: 10s}
      stop: {grace: 10s}
      mounts: [{source: $PG_SOCKET_DIR, target: $PG_SOCKET_DIR}]
    - name: page
      replicas: 1
      port: 8000
      health: {interval: 500ms, timeout: 1s, startup: 3s}
      loadBalancer: {name: managed, routes: [{host: page.example}], drain: 10s}
      mounts: [{source: $PG_SOCKET_DIR, target: $PG_SOCKET_DIR}]
    - name: worker
      command: ["./worker"]
      replicas: 1
      stop: {grace: 10s}
      mounts: [{source: $PG_SOCKET_DIR, target: $PG_SOCKET_DIR}]
  rollout: {bake: ${sample_bake:-3s}, approval: ${sample_approval:-None}, deadline: ${sample_deadline:-1m}${2:+, analysis: [$2]}}
YAML
  mv "$dir/manifest.new" "$dir/manifests/sample.yaml"
}

# The rollout's phase, or nothing: right after a save there is no rollout yet.
rollout_phase() { { rest "/apis/teal/v1/rollouts/sample-$1" 2>/dev/null || true; } | jq -r '.status.phase'; }

# rollout_ends REVISION SECONDS: leaves how it ended in $outcome.
rollout_ends() {
  local deadline=$((SECONDS + $2))
  while outcome=$(rollout_phase "$1"); [[ $outcome != @(Complete|Failed|RolledBack|Superseded) ]]; do
    if ((SECONDS >= deadline)); then return 1; fi
    sleep 0.2
  done
}

start_load() {
  launch load "$dir/load.log" "$bin/teal_load" "$HAPROXY_URL" --new-rate 20 --keep-rate 20 --slow 1 --slow-path '/slow?ms=500'
}

# The shipped configuration; only interval, addresses and the rules' place are this stack's.
start_prometheus() {
  prometheus_url=http://127.0.0.1:$prometheus_port
  mkdir -p "$dir/prometheus"
  cp "$root/deploy/prometheus/teal.rules.yml" "$dir/prometheus/"
  sed -e 's/\(scrape\|evaluation\)_interval: .*/\1_interval: 1s/' -e "s/127\.0\.0\.1:7080/127.0.0.1:$teald_port/" \
    -e "s/127\.0\.0\.1:9090/127.0.0.1:$prometheus_port/" "$root/deploy/prometheus/prometheus.yml" >"$dir/prometheus/prometheus.yml"
  launch prometheus "$dir/prometheus.log" prometheus --config.file="$dir/prometheus/prometheus.yml" \
    --storage.tsdb.path="$dir/prometheus/data" --web.listen-address="127.0.0.1:$prometheus_port" --log.level=warn
  wait_for prometheus 20 curl -sf --max-time 2 "$prometheus_url/-/ready" || fail "Prometheus did not get ready" "$dir/prometheus.log"
}

# metrics ACCEPT: what teald tells a scraper, headers first.
metrics() { curl -sSf -i --max-time 5 -H "Accept: $1" "http://127.0.0.1:$teald_port/metrics" | tr -d '\r'; }

# status_of REVISION: the rollout's status as JSON.
status_of() { rest "/apis/teal/v1/rollouts/sample-$1" | jq .status; }

# ask QUERY: the instant query's answer as JSON, a refusal included.
ask() { curl -sS --max-time 10 "$prometheus_url/api/v1/query" --data-urlencode "query=$1"; }

# value QUERY: the first series' value, or nothing.
value() { ask "$1" | jq -r '.data.result[0].value[1] // empty'; }

stop_stack() {
  local name
  for name in load prometheus teald haproxy; do
    if alive "$name" 2>/dev/null; then stop "$name" TERM 20; fi
  done
  "$root/deploy/servers" down "$dir/s"
}
