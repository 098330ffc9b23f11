#!/bin/sh
# deploy/secrets.sh [file]: writes the secrets that docker-compose.yml asks for, fresh and random, to a file (.env beside
# it) that only its owner can read. One that is there already is left alone.
set -euC
umask 077
file=${1:-$(cd "$(dirname "$0")/.." && pwd)/.env}
if [ -e "$file" ]; then
  echo "$file is there already" >&2
  exit 1
fi

bytes() { head -c 32 /dev/urandom; }
hex() { bytes | od -An -v -tx1 | tr -d ' \n'; }

cat > "$file" <<END
TOKEN_SECRET=$(hex)
API_KEY=$(hex)
WEBHOOK_SECRET=whsec_$(bytes | base64)
REDIS_PASSWORD=$(hex)
GRAFANA_PASSWORD=$(hex)
END
echo "Secrets are in $file."
