# Makes the folder of a job that is carried out from elsewhere: NAME SECONDS
dir=${ANSIBLE_ASYNC_DIR:-$HOME/.ansible_async}
case $dir in "~" | "~/"*) dir=$HOME${dir#"~"} ;; esac
job=$dir/$1
umask 077
mkdir -p "$dir" && mkdir "$job" || exit
echo "$(($(date +%s) + $2))" >"$job/until" || exit
printf '%s' "$job"
