# shellcheck shell=bash
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What bin/try and bin/test share. Source it after `set -euo pipefail`.

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log_lines=40

# Python writes unbuffered where this is set, which slows children and the build down.
unset PYTHONUNBUFFERED

say() {
  printf '%s\n' "$*" >&2
}

fail() {
  say "$(basename "$0"): $*"
  exit 1
}

# quietly LOG WHAT COMMAND...: say what is done; show what the command wrote only if it fails.
quietly() {
  local log=$1 what=$2 began=$SECONDS
  shift 2
  mkdir -p "$(dirname "$log")"
  printf '%s ... ' "$what" >&2
  if "$@" >"$log" 2>&1 </dev/null; then
    say "$((SECONDS - began)) s"
    return 0
  fi
  say "failed"
  tail -n "$log_lines" "$log" >&2
  say "The whole log: $log"
  return 1
}

packages_of() {
  local group
  for group in "$@"; do
    sed -n "/^\\[$group\\]\$/,/^\$/{/^[a-z]/p}" "$source_dir/bin/packages.txt"
  done
}

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

apt_install() {
  as_root apt-get update -q -o DPkg::Lock::Timeout=300 &&
    as_root apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

# install_packages GROUP...: install what is missing of these groups.
install_packages() {
  local package missing=()
  if ! command -v apt-get >/dev/null; then
    say "Not a Debian system: hoping that what bin/packages.txt lists under $* is here."
    return 0
  fi
  while read -r package; do
    is_installed "$package" || missing+=("$package")
  done < <(packages_of "$@")
  [[ ${#missing[@]} -eq 0 ]] && return 0
  if [[ $(id -u) -ne 0 ]] && ! sudo -n true 2>/dev/null; then
    fail "missing packages; as root: apt-get install ${missing[*]}"
  fi
  say "Missing packages: ${missing[*]}"
  quietly "$source_dir/_build/log/packages.txt" "Installing ${#missing[@]} packages" \
    apt_install "${missing[@]}"
}

# The Python that has PyGObject need not be the first in PATH.
bindings_python() {
  local python
  for python in /usr/bin/python3 python3; do
    if "$python" -c 'import gi' 2>/dev/null; then
      echo "$python"
      return 0
    fi
  done
  echo python3
}

# configure DIR OPTION...: set up a build directory, or give an existing one these options.
configure() {
  local dir=$1 again=()
  shift
  [[ -f $dir/build.ninja ]] && again=(--reconfigure)
  meson setup "${again[@]}" "$dir" "$source_dir" -Dpython="$(bindings_python)" "$@"
}
