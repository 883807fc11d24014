#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: fresh-debian.sh [COMMAND]
# Proves that ./dev installs all that it uses: makes a minimal Debian 12 with nothing but ca-certificates and git, clones
# HEAD into it, and runs COMMAND there (a demo, every test and the package check, unless told otherwise). Uncommitted
# changes are not in it. Needs root, debootstrap and this machine's apt sources.
set -euo pipefail
readonly suite=bookworm
readonly default_command='./dev demo --speed 10 && ./dev test && ./dev deps-check'
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root lab=$root/build/fresh-debian
readonly command=${1:-$default_command}

if ((EUID != 0)); then
  echo 'fresh-debian: a chroot needs root; run: sudo ./dev test-fresh' >&2
  exit 1
fi
# In a mount namespace of its own, so that nothing stays mounted however this ends.
if [[ -z ${KNEAD_FRESH_INSIDE-} ]]; then
  exec env KNEAD_FRESH_INSIDE=1 unshare --mount --propagation private "${BASH_SOURCE[0]}" "$@"
fi

# The base system, kept for the next run. Its mirror is the one this machine's apt uses for the same suite.
readonly base=$lab/base
if [[ ! -e $base.complete ]]; then
  # shellcheck disable=SC2016  # these dollars are apt's
  mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="$suite" '$1 == suite && $2 == "main" { print $3; exit }')
  [[ -n $mirror ]] || {
    echo "fresh-debian: this machine's apt sources offer no $suite" >&2
    exit 1
  }
  rm -rf "$base"
  mkdir -p "$base"
  debootstrap --variant=minbase --include=ca-certificates,git "$suite" "$base" "$mirror"
  touch "$base.complete"
fi

readonly fresh=$lab/root
rm -rf "$fresh"
cp -a "$base" "$fresh"
# apt as it is set up here (sources, keys, proxies), with package lists still to be fetched.
for item in sources.list sources.list.d apt.conf apt.conf.d auth.conf auth.conf.d keyrings trusted.gpg.d; do
  rm -rf "${fresh:?}/etc/apt/$item"
  [[ ! -e /etc/apt/$item ]] || cp -a "/etc/apt/$item" "$fresh/etc/apt/$item"
done
rm -rf "$fresh"/var/lib/apt/lists/*
for item in resolv.conf hosts; do cp -L "/etc/$item" "$fresh/etc/$item"; done
# Certificates of this machine's own that a proxy may need.
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
  cp -L /usr/local/share/ca-certificates/*.crt "$fresh/usr/local/share/ca-certificates/"
  chroot "$fresh" update-ca-certificates >/dev/null
fi
git clone --quiet --no-hardlinks "$root" "$fresh/srv/knead"

mount -t proc proc "$fresh/proc"
mount --rbind /sys "$fresh/sys"
mount --rbind /dev "$fresh/dev"
mount -t tmpfs tmpfs "$fresh/run"
mount -t tmpfs tmpfs "$fresh/tmp"

printf 'fresh-debian: Debian %s with %d packages; running: %s\n' "$(cat "$fresh/etc/debian_version")" \
  "$(chroot "$fresh" dpkg-query -W | wc -l)" "$command"
status=0
# Nothing of this machine's environment but the way to a proxy.
readonly proxies=(http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY)
passed=()
for name in "${proxies[@]}"; do [[ -z ${!name-} ]] || passed+=("$name=${!name}"); done
chroot "$fresh" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "${passed[@]}" \
  bash -c "cd /srv/knead && { $command; }" </dev/null || status=$?
if ((status == 0)); then
  echo 'fresh-debian: passed'
  # Only what passed is thrown away; after a failure the system is there to be looked at.
  umount --recursive "$fresh/dev" "$fresh/sys" "$fresh/proc" "$fresh/run" "$fresh/tmp"
  rm -rf "$fresh"
else
  printf 'fresh-debian: FAILED (%d); the system is in %s\n' "$status" "$fresh"
fi
exit "$status"
