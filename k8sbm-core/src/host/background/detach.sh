# Starts a command that goes on when whoever started it has gone: NAME SECONDS INPUT RECORD WORD...
dir=${ANSIBLE_ASYNC_DIR:-$HOME/.ansible_async}
case $dir in "~" | "~/"*) dir=$HOME${dir#"~"} ;; esac
job=$dir/$1 limit=$2 input=$3 record=$4
shift 4
mask=$(umask)
umask 077
mkdir -p "$dir" && mkdir "$job" && printf '%s' "$record" >"$job/job" || exit
case $input in
yes) cat >"$job/stdin" || exit ;;
*) : >"$job/stdin" || exit ;;
esac
umask "$mask"
# Without a session of its own it must not mind that the connection ends.
session=$(command -v setsid) || { session=; trap '' HUP; }
$session /bin/sh -c '
job=$1 limit=$2 session=$3
shift 3
$session "$@" <"$job/stdin" >"$job/stdout" 2>"$job/stderr" &
work=$!
$session /bin/sh -c '\''
sleep "$1"
: >"$2/late"
kill -s KILL -- "-$3" 2>/dev/null || kill -s KILL "$3"
'\'' watch "$limit" "$job" "$work" &
watch=$!
wait "$work"
status=$?
kill -s KILL -- "-$watch" 2>/dev/null || kill -s KILL "$watch"
printf "%s %s\n" "$status" "$(date +%s)" >"$job/ending"
mv "$job/ending" "$job/end"
' job "$job" "$limit" "$session" "$@" </dev/null >/dev/null 2>&1 &
{
  echo "$!"
  cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo
  date '+%s%n%Y-%m-%d %H:%M:%S'
} >"$job/process"
printf '%s' "$job"
