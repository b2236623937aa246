#!/bin/sh
# `jts-hot monitor` under the name that operators know: passes every option on, decides nothing.
# Also works copied to another folder, without its checkout: then it calls the jts-hot that is installed, or the one that
# setup put on record.
self=$(PATH=/usr/bin:/bin:$PATH readlink -f -- "$0")
beside=
# Only in scripts/: next to a copy, say in /tmp, bin/jts-hot could be anybody's.
case $self in */scripts/jts-storage-monitor.sh) beside=${self%/scripts/*}/bin/jts-hot ;; esac
# Only root can write there.
recorded=
[ ! -r /var/lib/jts-hot/launcher ] || read -r recorded </var/lib/jts-hot/launcher
for command in "$beside" "$(command -v jts-hot)" /usr/local/bin/jts-hot "$recorded" \
  /usr/local/libexec/jts-hot/current/bin/jts-hot /opt/jts-hot/bin/jts-hot; do
  # A name without a leading slash would be one in the current directory.
  case $command in /*) [ ! -f "$command" ] || [ ! -x "$command" ] || exec "$command" monitor "$@" ;; esac
done
cat >&2 <<END
jts-storage-monitor.sh: cannot find jts-hot, which does the work
  looked in: $PATH, /usr/local/bin, /var/lib/jts-hot/launcher (which setup writes), /opt/jts-hot/bin
  hint: run: sudo ln -s /path/to/checkout/bin/jts-hot /usr/local/bin/jts-hot
END
exit 3
