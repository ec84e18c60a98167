# shellcheck shell=bash
# A new root of Debian to install packages in, with namespaces of its own: nothing that runs in it outlives the test or is
# seen from outside, and its network has nobody but itself and Debian's mirror, so that what listens on *:80 in there listens
# there alone. For tests written in shell, after expect.sh; the caller says fail WHAT [LOG].
#
#   save_root TAR LOG       what roots are made of, from Debian's mirror as apt has it
#   enter_namespaces "$@"   before anything else: the test again, as first process of its own namespaces, with a folder $work
#                           that is removed at the end
#   new_root TAR            unpacks it in $root, ready for use
#   in_root COMMAND…        runs in the root and its network
#   in_network COMMAND…     runs in its network only

enter_namespaces() {
  if [[ -z ${TEAL_OWN_NAMESPACES:-} ]]; then
    TEAL_OWN_NAMESPACES=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
  fi
  work=$(mktemp -d /tmp/teal-root.XXXXXX)
  chmod 755 "$work"
  root=$work/root
  trap remove_root EXIT
}

remove_root() {
  # Everything of this pid namespace but this shell, which is its first process.
  if [[ $$ == 1 ]]; then kill -KILL -1 2>/dev/null || true; fi
  wait 2>/dev/null || true
  awk -v root="$root" 'index($2, root) == 1 {print $2}' /proc/mounts | sort -r | xargs -r -n 1 umount -l 2>/dev/null || true
  rm -rf --one-file-system "$work"
}

find_mirror() { apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(CODENAME)' | awk '$2 == "Debian" && $3 !~ /-/ && !found {found = 1; print $1}'; }
this_suite() { (. /etc/os-release && echo "$VERSION_CODENAME"); }

save_root() {
  if [[ -z $(find_mirror) ]]; then  # its lists were never fetched, or are gone
    apt-get -q update >"$2" 2>&1 || fail "apt-get update" "$2"
  fi
  [[ -n $(find_mirror) ]] || fail "apt knows no mirror of Debian"
  mmdebstrap --quiet --variant=minbase --include=ca-certificates "$(this_suite)" "$1" "$(find_mirror)" >"$2" 2>&1 || fail "a new root" "$2"
}

new_root() {
  local mirror host port path
  mkdir "$root"
  tar x --numeric-owner -f "$1" -C "$root"
  mount --bind "$root" "$root"  # dockerd wants a mount at its root
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t sysfs sysfs "$root/sys"
  mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  unshare --net sleep infinity &
  network=$!
  eventually 30 is_own_network || fail "a network of its own"
  in_network ip link set lo up
  # The mirror is reached through a socket that both networks see.
  mirror=$(find_mirror)
  IFS=/ read -r _ _ host path <<<"$mirror"
  IFS=: read -r host port <<<"$host"
  socat "UNIX-LISTEN:$work/mirror.sock,fork" "TCP:$host:${port:-80}" 2>/dev/null &
  in_network socat TCP-LISTEN:3142,bind=127.0.0.1,fork "UNIX-CONNECT:$work/mirror.sock" 2>/dev/null &
  echo "127.0.0.1 localhost $host" >"$root/etc/hosts"
  echo "deb http://$host:3142/$path $(this_suite) main" >"$root/etc/apt/sources.list"
  eventually 30 in_network curl -s --max-time 5 --resolve "$host:3142:127.0.0.1" "http://$host:3142/$path/" || fail "the mirror is reached"
  in_root apt-get -q update >"$work/log" 2>&1 || fail "apt-get update" "$work/log"
}

# Until then what is started "in the network" would be in everybody's.
is_own_network() { [[ $(readlink "/proc/$network/ns/net") != "$(readlink /proc/self/ns/net)" ]]; }
in_network() { nsenter --net="/proc/$network/ns/net" "$@"; }
in_root() {
  in_network chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"
}
