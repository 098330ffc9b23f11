#!/bin/sh
# Makes the secrets of an overlay from their examples, secrets.env from secrets.env.example: whatever is empty there gets
# 32 random bytes.
#
#   sh k8s/secrets.sh dev
#
# What is there already is left alone, and told by exit code 1: with other secrets, all tokens and API keys would be worthless.
set -eu
umask 077
folder=$(dirname "$0")/overlays/${1:?which overlay: dev, production or redis-cluster}
hex() {
  head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}
fill_in() {
  while read -r line; do
    case $line in
      '#'* | '') ;;
      *=)
        secret=$(hex)
        [ ${#secret} -eq 64 ]
        echo "$line$secret"
        ;;
      *) echo "$line" ;;
    esac
  done
}

status=0
for example in "$folder"/*.env.example; do
  secrets=${example%.example}
  if [ -e "$secrets" ]; then
    echo "$secrets is there already" >&2
    status=1
  else
    fill_in <"$example" >"$secrets.new"
    mv "$secrets.new" "$secrets"
    echo "$secrets"
  fi
done
exit $status
