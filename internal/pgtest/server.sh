# Starts a private PostgreSQL that listens on a socket only, prints its folder
# when it is ready, and removes all of it when standard input ends: also when
# the test that holds the other end was killed.
set -eu
trap '' INT HUP TERM # they reach the test as well, whose end is ours
folder=$(mktemp -d)
as=
if [ "$(id -u)" = 0 ]; then # which initdb refuses
	chown nobody "$folder"
	as="setpriv --reuid=nobody --regid=$(id -g nobody) --clear-groups"
fi
cd "$folder"
trap '$as pg_ctl -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
$as initdb -D "$folder/data" -U evenkeel -A trust -N --no-locale -E UTF8 >/dev/null
$as pg_ctl -D "$folder/data" -l "$folder/log" -o "-k $folder -c listen_addresses=" -w start >/dev/null || {
	cat "$folder/log" >&2
	exit 1
}
echo "$folder"
read -r _ || true
