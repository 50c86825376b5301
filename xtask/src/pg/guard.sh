# The life of one cluster: it begins here and ends when stdin does, in whatever way the process at its other end stopped.
#
#   sh -c … guard RUN DATA BIN AS SYNC STOP SETTINGS…
#
# RUN       folder of this run: its log, its socket; removed at the end
# DATA      the cluster's files; made when there are none
# BIN       where `initdb` and `postgres` are
# AS        words in front of both, to run them as another user, or nothing
# SYNC      an option of initdb, or nothing
# STOP      the signal that stops the server
# SETTINGS  arguments of the server
#
# Says one line: `ready` when the server lets clients in, or `failed`; and `ended` when it ended.

trap '' HUP INT TERM PIPE
run=$1 data=$2 bin=$3 as=$4 sync=$5 stop=$6
shift 6
cd "$run" || exit 1
exec 3<&0 4>&1 </dev/null >>log 2>&1

# Not every `sleep` knows fractions.
pause() { sleep 0.1 2>/dev/null || sleep 1; }

# $as and $sync are split into words; they hold no blanks but those between them.
serve() {
  if [ ! -e "$data/PG_VERSION" ]; then
    $as "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C $sync || return
    : >log
  fi
  $as "$bin/postgres" -D "$data" "$@" &
  echo $! >pid
  wait $!
}

# The server writes its state into the eighth line. A file that an earlier one left behind names another process.
ready() {
  pid=$(cat pid 2>/dev/null) && [ -n "$pid" ] || return 1
  [ "$(sed -n 1p "$data/postmaster.pid" 2>/dev/null)" = "$pid" ] || return 1
  case $(sed -n 8p "$data/postmaster.pid" 2>/dev/null) in ready*) ;; *) return 1 ;; esac
}

(
  exec 5>&4 4>&- 3<&-
  serve "$@" 5>&-
  echo $? >ended
  echo ended >&5
) &

rounds=600
until ready || [ -e ended ] || [ "$rounds" -eq 0 ]; do
  rounds=$((rounds - 1))
  pause
done
if ready && [ ! -e ended ]; then echo ready; else echo failed; fi >&4
exec 4>&-

cat <&3 >/dev/null

# More than once: a server that is only just starting does not listen to signals yet. After a minute everything in this
# process group is killed, this shell as well.
rounds=600
while [ ! -e ended ]; do
  [ "$rounds" -gt 0 ] || kill -s KILL 0
  kill -s "$stop" "$(cat pid 2>/dev/null)" 2>/dev/null
  rounds=$((rounds - 1))
  pause
done
cd / && rm -rf "$run"
