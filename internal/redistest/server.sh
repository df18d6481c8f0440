# Runs a private Redis on a socket in the folder $1, which keeps nothing, until
# standard input ends: also when the test that holds the other end was killed.
set -eu
trap '' INT HUP TERM # they reach the test as well, whose end is ours
folder=$1
mkdir -p "$folder"
redis-server --port 0 --unixsocket "$folder/socket" --dir "$folder" --save '' --appendonly no &
trap 'kill -9 $! 2>/dev/null || true; wait $! 2>/dev/null || true; rm -rf "$folder"' EXIT
read -r _ || true
