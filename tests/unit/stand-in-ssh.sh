#!/bin/sh
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Asks as ssh does, by the program named in the environment, with only the standard descriptors.
# Its arguments are what it does, one after the other.

set -u

ask () {
  answer=$(SSH_ASKPASS_PROMPT=$2 "$SSH_ASKPASS" "$1")
  status=$?
  printf '%s\n' "status $status, answer <$answer>" >&2
}

for step in "$@"; do
  case $step in
    say:*) printf '%s\n' "${step#say:}" >&2 ;;
    ask:*) ask "${step#ask:}" '' ;;
    confirm:*) ask "${step#confirm:}" confirm ;;
    notice:*)
      SSH_ASKPASS_PROMPT=none "$SSH_ASKPASS" "${step#notice:}" &
      ;;
    touch)
      # Not before it is shown.
      read -r _
      kill $!
      wait $! 2>/dev/null
      ;;
    key:*)
      # shellcheck disable=SC2086
      line=$("$SSH_ASKPASS" host-key ${step#key:})
      echo "status $?, line <$line>" >&2
      ;;
    both:*)
      "$SSH_ASKPASS" "${step#both:} 1" >/dev/null &
      ask "${step#both:} 2" ''
      wait
      ;;
    deaf) exec 2>/dev/null ;;
    *) exit 3 ;;
  esac
done
