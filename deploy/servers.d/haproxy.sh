# shellcheck shell=bash disable=SC2154
# HAProxy: always an instance of our own, with deploy/haproxy/haproxy.cfg.
# Needs process.sh, $dir, $here, $http_port (may be empty), $backends (array, the first one is the main one).

admin() { printf '%s\n' "$1" | timeout 5 socat -t 5 - "UNIX-CONNECT:$dir/haproxy/admin.sock"; }
haproxy_worker() { admin 'show info' | sed -n 's/^Pid: //p'; }
haproxy_answers() { [[ -n $(haproxy_worker) ]]; }
haproxy_changed() { local now; now=$(haproxy_worker) && [[ -n $now && $now != "$1" ]]; }

# Every backend beyond the first has a port of its own.
haproxy_configure() {
  local name port file=$dir/haproxy/env
  # Only root can become another user.
  local adapt=''
  if [[ $(id -u) != 0 ]]; then adapt='/^ *\(user\|group\) /d; s/ group haproxy//'; fi
  sed "$adapt" "$here/haproxy/haproxy.cfg" >"$dir/haproxy/haproxy.cfg"
  echo '# Further backends, written by deploy/servers.' >"$dir/haproxy/more.cfg"
  : >"$file"
  put HAPROXY_PORT "$http_port" "$file"
  put HAPROXY_URL "http://127.0.0.1:$http_port" "$file"
  put HAPROXY_BACKEND "${backends[0]}" "$file"
  put HAPROXY_ADMIN_SOCKET "$dir/haproxy/admin.sock" "$file"
  put HAPROXY_MASTER_SOCKET "$dir/haproxy/master.sock" "$file"
  put HAPROXY_CONFIG "$dir/haproxy/haproxy.cfg" "$file"
  put HAPROXY_LOG "$dir/haproxy/haproxy.log" "$file"
  for name in "${backends[@]:1}"; do
    port=$(free_port)
    cat >>"$dir/haproxy/more.cfg" <<CFG
frontend edge_$name from teal
    bind 127.0.0.1:$port
    default_backend $name
backend $name from teal
    balance roundrobin
    option httpchk
    http-check send meth GET uri "\${TEAL_HAPROXY_HEALTH_PATH}" ver HTTP/1.1 hdr Host localhost
    http-check expect status 200-299
CFG
    put "HAPROXY_URL_$name" "http://127.0.0.1:$port" "$file"
  done
}

haproxy_start() {
  local log=$dir/haproxy/haproxy.log
  launch haproxy "$log" env "TEAL_HAPROXY_SOCKET=$dir/haproxy/admin.sock" "TEAL_HAPROXY_BIND=127.0.0.1:$http_port" \
    "TEAL_HAPROXY_BACKEND=${backends[0]}" "TEAL_HAPROXY_HEALTH_PATH=/api/v1/health/check_up" \
    haproxy -W -S "$dir/haproxy/master.sock,mode,600" -f "$dir/haproxy/haproxy.cfg" -f "$dir/haproxy/more.cfg"
  wait_for haproxy 15 haproxy_answers
}

haproxy_up() {
  local chosen=$http_port
  mkdir -p "$dir/haproxy"
  if alive haproxy && haproxy_answers; then return; fi
  stop haproxy
  # A port that looked free may be taken by the time HAProxy wants it.
  for _ in 1 2 3; do
    if [[ -z $chosen ]]; then http_port=$(free_port); fi
    haproxy_configure
    if haproxy_start; then return; fi
    stop haproxy
    [[ -z $chosen ]] || break
  done
  fail "HAProxy did not start on port $http_port" "$dir/haproxy/haproxy.log"
}

reload_haproxy() {
  local before
  before=$(haproxy_worker) || fail "HAProxy does not answer" "$dir/haproxy/haproxy.log"
  kill -USR2 "$(pid_of haproxy)"
  wait_for haproxy 15 haproxy_changed "$before" || fail "HAProxy did not reload" "$dir/haproxy/haproxy.log"
}

# stop_haproxy [--kill]
stop_haproxy() { if [[ ${1:-} == --kill ]]; then stop haproxy KILL; else stop haproxy TERM 15; fi; }

start_haproxy() {
  if alive haproxy; then return; fi
  http_port=$(sed -n 's/^HAPROXY_PORT=//p' "$dir/haproxy/env")
  # A worker whose master was killed may hold the port for a moment yet.
  haproxy_start || { stop haproxy; sleep 0.5; haproxy_start; } || fail "HAProxy did not start" "$dir/haproxy/haproxy.log"
}
