# Tells where a job is, and how far: NAME
dir=${ANSIBLE_ASYNC_DIR:-$HOME/.ansible_async}
case $dir in "~" | "~/"*) dir=$HOME${dir#"~"} ;; esac
job=$dir/$1
echo "$job"
ended() { [ -e "$job/end" ] || [ -e "$job/result" ]; }
goes_on() {
  if [ -e "$job/process" ]; then
    { read -r process && read -r boot; } <"$job/process"
    [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" ] && kill -0 "$process" 2>/dev/null
  else
    [ "$(date +%s)" -le "$(cat "$job/until")" ]
  fi
}
if ! [ -d "$job" ]; then
  echo absent
elif ended; then
  echo ended
elif goes_on; then
  echo runs
elif ended; then
  echo ended
else
  echo lost
fi
