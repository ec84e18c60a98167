# shellcheck shell=bash disable=SC2154
# dockerd: a private one for tests, or the machine's own. TEAL_DAEMON_JSON is the daemon.json of a private one.
# Needs process.sh, $dir, $private.

default_socket=/var/run/docker.sock

docker_answers() { docker -H "unix://$1" version --format '{{.Server.Version}}' >/dev/null 2>&1; }

docker_env() {
  local file=$dir/docker/env
  : >"$file"
  put DOCKER_HOST "unix://$1" "$file"
  put DOCKER_SOCKET "$1" "$file"
  put DOCKER_PRIVATE "$private" "$file"
}

docker_up() {
  mkdir -p "$dir/docker"
  if [[ $private == 1 ]]; then
    private_docker_up
    docker_env "$dir/docker/docker.sock"
    return
  fi
  if ! docker_answers "$default_socket"; then machine_docker_up; fi
  docker_env "$default_socket"
}

# Nothing answers on the default socket: systemd's unit where systemd runs, else a process of ours.
machine_docker_up() {
  local log=$dir/docker/dockerd.log
  if [[ -d /run/systemd/system ]]; then
    say "starting dockerd through systemd"
    systemctl start docker || fail "systemctl start docker failed: see journalctl -u docker"
    wait_until 30 docker_answers "$default_socket" || fail "dockerd does not answer: see journalctl -u docker"
    return
  fi
  say "starting dockerd (no systemd here)"
  launch dockerd "$log" dockerd
  wait_for dockerd 60 docker_answers "$default_socket" || fail "dockerd did not start" "$log"
}

# A bridge and a /24 that nothing else on this machine uses. Creating the link is the atomic part.
make_bridge() {
  local number name
  if read -r name _ 2>/dev/null <"$dir/docker/bridge" && ip link show "$name" >/dev/null 2>&1; then return; fi
  for number in $(shuf -i 1-250); do
    name=teal-br$number
    [[ -z $(ip -4 route show root "10.213.$number.0/24") ]] || continue
    ip link add "$name" type bridge 2>/dev/null || continue
    if ip address add "10.213.$number.1/24" dev "$name" && ip link set "$name" up; then
      echo "$name 10.213.$number.0/24" >"$dir/docker/bridge"
      return
    fi
    ip link delete "$name"
    break
  done
  fail "cannot create a network bridge (ip link add … type bridge). Are you root, and may this machine create links?"
}

start_containerd() {
  local log=$dir/docker/containerd.log
  if alive containerd; then return; fi
  # Its own containerd: a shared one would mix up the containers of two dockerds in one namespace.
  cat >"$dir/docker/containerd.toml" <<TOML
version = 2
root = "$dir/docker/containerd"
state = "$dir/docker/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$dir/docker/containerd.sock"
TOML
  launch containerd "$log" containerd --config "$dir/docker/containerd.toml" --log-level warn
  wait_for containerd 30 test -S "$dir/docker/containerd.sock" || fail "containerd did not start" "$log"
}

start_private_dockerd() {
  local log=$dir/docker/dockerd.log group=docker
  getent group docker >/dev/null || group=root
  rm -f "$dir/docker/docker.pid"
  [[ -s $dir/docker/daemon.json ]] || echo "${TEAL_DAEMON_JSON:-{\}}" >"$dir/docker/daemon.json"
  # No iptables: dockerd clears chains of the same names at its start, those of another dockerd included. Published
  # ports work without, through docker-proxy; only the way out to the internet is missing.
  launch dockerd "$log" dockerd --config-file "$dir/docker/daemon.json" --data-root "$dir/docker/data" \
    --exec-root "$dir/docker/exec" --pidfile "$dir/docker/docker.pid" -H "unix://$dir/docker/docker.sock" \
    --containerd "$dir/docker/containerd.sock" --bridge "$(cut -d ' ' -f 1 "$dir/docker/bridge")" \
    --iptables=false --ip-forward=false --ip-masq=false --group "$group" --shutdown-timeout 15
  wait_for dockerd 60 docker_answers "$dir/docker/docker.sock" || fail "the private dockerd did not start" "$log"
}

private_docker_up() {
  if alive dockerd && docker_answers "$dir/docker/docker.sock"; then return; fi
  [[ $(id -u) == 0 ]] || fail "a private dockerd needs root"
  stop dockerd
  make_bridge
  start_containerd
  start_private_dockerd
}

# restart_dockerd [--kill]: containers are stopped by it, as with any dockerd without live-restore.
restart_dockerd() {
  alive dockerd || [[ $private == 1 ]] || fail "dockerd was not started by this directory's servers: it is left alone"
  if [[ ${1:-} == --kill ]]; then stop dockerd KILL; else stop dockerd TERM 60; fi
  if [[ $private != 1 ]]; then machine_docker_up; return; fi
  start_private_dockerd
  # Restarted while it starts a container dockerd may forget that one ("id already in use" in its log). It would run on
  # with an address that the next container is given as well.
  kill_leftover_containers "$dir/docker/docker.sock"
}

# kill_leftover_containers [SOCKET]: what a dockerd that died left running, but for what the one behind SOCKET knows;
# only shims of our own containerd's socket.
kill_leftover_containers() {
  local shim known="" words shims=()
  for shim in /proc/[0-9]*; do
    words=$(tr '\0' ' ' 2>/dev/null <"$shim/cmdline") || continue
    [[ $words =~ ^[^\ ]*containerd-shim && $words == *"$dir/docker/containerd.sock"* ]] && shims+=("$shim $words")
  done
  # Asked after that: a container is known before its shim runs.
  if [[ -n ${1:-} ]]; then known=$(docker -H "unix://$1" ps -aq --no-trunc) || return 0; fi
  for words in "${shims[@]}"; do
    [[ $words =~ -id\ ([0-9a-f]+) && $known == *"${BASH_REMATCH[1]}"* ]] && continue
    shim=${words%% *}
    kill -KILL $(cat "$shim"/task/*/children 2>/dev/null) 2>/dev/null || true
    kill -KILL "${shim##*/}" 2>/dev/null || true
  done
}

docker_down() {
  local name
  if [[ $private != 1 ]]; then
    if alive dockerd; then stop dockerd TERM 60; fi
    return
  fi
  if alive dockerd && docker_answers "$dir/docker/docker.sock"; then
    docker -H "unix://$dir/docker/docker.sock" ps -aq | xargs -r docker -H "unix://$dir/docker/docker.sock" rm -f >/dev/null || true
  fi
  stop dockerd TERM 30
  kill_leftover_containers
  stop containerd TERM 10
  awk -v dir="$dir/" 'index($2, dir) == 1 {print $2}' /proc/mounts | sort -r | xargs -r -n 1 umount -l || true
  if read -r name _ 2>/dev/null <"$dir/docker/bridge"; then ip link delete "$name" 2>/dev/null || true; fi
}
