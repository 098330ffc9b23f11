#!/bin/sh
# Makes secrets.env of an overlay from its example: whatever is empty there gets 32 random bytes.
#
#   sh k8s/secrets.sh dev
#
# One that is there already is left alone: with other secrets, all tokens and API keys would be worthless.
set -eu
umask 077
folder=$(dirname "$0")/overlays/${1:?which overlay: dev, production or redis-cluster}
if [ -e "$folder/secrets.env" ]; then
  echo "$folder/secrets.env is there already" >&2
  exit 1
fi
hex() {
  head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

while read -r line; do
  case $line in
    '#'* | '') ;;
    *=) echo "$line$(hex)" ;;
    *) echo "$line" ;;
  esac
done <"$folder/secrets.env.example" >"$folder/secrets.env.new"
mv "$folder/secrets.env.new" "$folder/secrets.env"
echo "$folder/secrets.env"
