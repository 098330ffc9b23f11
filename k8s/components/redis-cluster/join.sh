#!/bin/sh
# Makes one Redis Cluster of six nodes that run: the first three become masters, each of the others the replica of one of
# them. What is done already is left alone, so it may be repeated at any time.
#
#   REDISCLI_AUTH=password sh join.sh node-0 node-1 node-2 node-3 node-4 node-5
set -eu
port=6379
first=$1

ask() {
  host=$1
  shift
  redis-cli -h "$host" -p "$port" "$@"
}

# How a node sees itself: id address flags master … and, where it has any, its slots.
itself() {
  ask "$1" cluster nodes | grep myself
}

hasSlots() {
  itself "$1" | grep -q ' connected [0-9]'
}

# Whether a node is connected with all others.
isLinked() {
  [ "$(ask "$1" cluster nodes | grep -c ' connected')" -ge 6 ]
}

# CLUSTER MEET wants an address.
addressOf() {
  getent ahosts "$1" | { read -r address _; echo "$address"; }
}

# Whether a node is connected with the one at an address. To meet it once more would cut that connection.
hasMet() {
  ask "$1" cluster nodes | grep -F " $2:$port@" | grep -q ' connected'
}

# Makes a node meet all others. Those that it knows may have come back with addresses of one another.
meetAll() {
  one=$1
  shift
  for other; do
    address=$(addressOf "$other")
    hasMet "$one" "$address" || ask "$one" cluster meet "$address" "$port" >/dev/null
  done
}

# The id of a master, or of the one that has taken its place.
masterAt() {
  itself "$1" | { read -r id _ flags master _; case $flags in *master*) echo "$id" ;; *) echo "$master" ;; esac; }
}

for node; do
  until [ "$(ask "$node" ping 2>&1)" = PONG ]; do echo "waiting for $node"; sleep 1; done
done

meetAll "$first" "$@"
for node; do
  until isLinked "$node"; do
    echo "waiting for $node to find all others"
    sleep 1
    isLinked "$node" || meetAll "$node" "$@"
  done
done

# Only a new cluster has free slots: later they may be anywhere.
if ! ask "$first" cluster info | grep -q 'cluster_slots_assigned:16384'; then
  hasSlots "$1" || ask "$1" cluster addslotsrange 0 5460
  hasSlots "$2" || ask "$2" cluster addslotsrange 5461 10922
  hasSlots "$3" || ask "$3" cluster addslotsrange 10923 16383
fi

follow() {
  if hasSlots "$1" || itself "$1" | grep -q slave; then return; fi
  until [ "$(ask "$1" cluster replicate "$(masterAt "$2")" 2>&1)" = OK ]; do echo "waiting for $1 to know $2"; sleep 1; done
}
follow "$4" "$1"
follow "$5" "$2"
follow "$6" "$3"

for node; do
  until ask "$node" cluster info | grep -q 'cluster_state:ok'; do echo "waiting for $node to be sure"; sleep 1; done
done
ask "$first" cluster nodes
