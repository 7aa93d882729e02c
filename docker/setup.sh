#!/bin/sh
# Sets up the federation of docker/compose.yaml, once: the commands that its operators would run.
#
# It runs in a container of its own that has every volume, so that one `docker-compose up` is
# enough to try it out. In earnest each body runs its own commands on its own machine, hands over
# enrolment, identity and charter as files, and nobody has all the keys.
#
# Can be run again: what is there is left as it is, and a setup cut short is brought to its end.
set -eu

HUB=/volumes/1
EPCI_DATA=/volumes/2
COMMUNE_1_DATA=/volumes/3
COMMUNE_2_DATA=/volumes/4
CHARTER=$EPCI_DATA/charter.json

run() {
  echo "+ $*"
  "$@"
}

# A node's settings, line by line.
settings() {
  data=$1
  shift
  printf '%s\n' "$@" > "$data/maillage.toml.new"
  mv "$data/maillage.toml.new" "$data/maillage.toml"
}

# written last: where it is, everything is
if [ -f "$EPCI_DATA/maillage.toml" ]; then
  echo "setup: nothing to do"
  exit 0
fi

# without TLS: compose publishes the port on the loopback only
run maillage hub init --data $HUB --name essai --host 0.0.0.0

run maillage init --data $EPCI_DATA --participant "$EPCI"
run maillage init --data $COMMUNE_1_DATA --participant "$COMMUNE_1"
run maillage init --data $COMMUNE_2_DATA --participant "$COMMUNE_2"
for data in $EPCI_DATA $COMMUNE_1_DATA $COMMUNE_2_DATA; do
  run maillage hub add $data/enrolment.json --data $HUB
done

if [ ! -f $CHARTER ]; then
  run maillage identity -o /tmp/commune-1.json --data $COMMUNE_1_DATA
  run maillage identity -o /tmp/commune-2.json --data $COMMUNE_2_DATA
  run maillage charter draft --name essai --title "Fédération d’essai" \
    --member /tmp/commune-1.json --member /tmp/commune-2.json -o $CHARTER --data $EPCI_DATA
fi
for data in $EPCI_DATA $COMMUNE_1_DATA $COMMUNE_2_DATA; do
  run maillage charter sign $CHARTER --yes --json --data $data
done
for data in $COMMUNE_1_DATA $COMMUNE_2_DATA $EPCI_DATA; do
  run maillage charter accept $CHARTER --yes --json --data $data
done

hub='url = "nats://hub:4222"'
settings $COMMUNE_1_DATA '[[hubs]]' 'name = "essai"' "$hub"
settings $COMMUNE_2_DATA '[[hubs]]' 'name = "essai"' "$hub"
settings $EPCI_DATA "compose = [\"$EPCI\"]" '[[hubs]]' 'name = "essai"' "$hub" 'read = true'
echo "setup: done"
