# What every persistent shell knows. Lines that begin with # do not travel.
# The shell is POSIX; names begin with k8 so that they meet no one else's.
# The variables _k8m (the marker) and _k8x (part of temporary names) are set before this is read.
case :$PATH: in *:/usr/sbin:*) ;; *) PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin ;; esac
_k8i=0 _k8uid=
_k8um=$(umask)
# When nobody listens any more, what is under way is still finished or taken back.
trap : PIPE

# Ends a section on both streams, with the status of what ran in it. A command may have left
# the pipe non-blocking and full: wait once, then give up.
k8e() {
  _k8s=$?
  printf '%s%s\n' "$_k8m" "$_k8s" || { sleep 1; printf '%s%s\n' "$_k8m" "$_k8s"; } || exit 1
  printf '%s\n' "$_k8m" >&2 || { sleep 1; printf '%s\n' "$_k8m" >&2; } || exit 1
}

# Says that the next bytes on standard input are content.
k8r() { printf '%sr\n' "$_k8m"; }

# What stands at $1, as a letter in _k8k: a file that can be read, nothing, a file that is denied,
# a directory, or something else.
k8c() {
  if [ -f "$1" ]; then
    if [ -r "$1" ]; then _k8k=f; else _k8k=p; fi
  elif [ -d "$1" ]; then _k8k=d
  elif [ -e "$1" ]; then _k8k=o
  else
    _k8k=n _k8q=$1
    while :; do
      case $_k8q in ?*/*) _k8q=${_k8q%/*} ;; *) break ;; esac
      if [ -e "$_k8q" ]; then
        if [ -d "$_k8q" ] && [ ! -x "$_k8q" ]; then _k8k=p; fi
        break
      fi
    done
  fi
}

# k8f COMMAND PATH...: says what each path is, then runs the command once on all files among them.
k8f() {
  _k8do=$1 _k8n=$(($# - 1)) _k8o=
  shift
  while [ "$_k8n" -gt 0 ]; do
    k8c "$1"
    _k8o=$_k8o$_k8k
    if [ "$_k8k" = f ]; then set -- "$@" "$1"; fi
    shift
    _k8n=$((_k8n - 1))
  done
  printf '%s\n' "$_k8o"
  [ $# -eq 0 ] || LC_ALL=C $_k8do "$@"
}

# k8l PATH: the names in a directory, each with its path before and a NUL behind.
k8l() {
  if [ ! -d "$1" ]; then
    k8c "$1"
    case $_k8k in n | p) printf %s "$_k8k" ;; *) printf o ;; esac
    return
  fi
  if [ ! -r "$1" ] || [ ! -x "$1" ]; then printf p; return; fi
  printf d
  for _k8l in '*' '.[!.]*' '..?*'; do
    case $_k8l in
      '*') set -- "$1" "$1"/* ;;
      '..?*') set -- "$1" "$1"/..?* ;;
      *) set -- "$1" "$1"/.[!.]* ;;
    esac
    if [ $# -eq 2 ] && [ "$2" = "$1/$_k8l" ] && [ ! -e "$2" ] && [ ! -L "$2" ]; then continue; fi
    _k8q=$1
    shift
    printf '%s\0' "$@"
    set -- "$_k8q"
  done
}

k8say() { printf '%s\n' "$1" >&2; }

# k8own PATH OWNER MODE [OPTION]: sets what is given, the mode last because chown clears bits of it.
k8own() {
  if [ -n "$2" ] && ! k8mine "$1" "$2"; then chown ${4:+"$4"} -- "$2" "$1" || return; fi
  if [ -n "$3" ]; then chmod -- "$3" "$1" || return; fi
}

# k8mine PATH OWNER: whether the file surely has that owner already.
k8mine() {
  case $2 in
    root | 0 | root:root | 0:0 | root:0 | 0:root | :root | :0) ;;
    *) return 1 ;;
  esac
  [ ! -L "$1" ] && [ -O "$1" ] && [ -G "$1" ] && k8root
}

# Whether this shell is root's.
k8root() {
  if [ -z "$_k8uid" ]; then
    while read -r _k8l _k8q _k8uid _k8v; do
      [ "$_k8l" != Uid: ] || break
      _k8uid=
    done </proc/self/status || _k8uid=
    [ -n "$_k8uid" ] || _k8uid=$(id -u)
  fi 2>/dev/null
  [ "$_k8uid" = 0 ]
}

# k8open PATH OWNER MODE MASK NEW_MODE COMPLETE IN_PLACE: chooses the temporary file beside the target,
# with the owner and mode of the file that is there now, or a mask that makes it right when it is
# created, and NEW_MODE for the bits that a mask cannot give.
k8open() {
  _k8p=$1 _k8w=$2 _k8a=$3 _k8z=
  if [ -L "$_k8p" ]; then _k8p=$(readlink -f -- "$_k8p") || { k8say "cannot resolve the link $1"; return 1; }; fi
  if [ -d "$_k8p" ]; then k8say "$_k8p is a directory"; return 1; fi
  case $_k8p in */*) _k8d=${_k8p%/*}/ ;; *) _k8d=./ ;; esac
  if [ ! -d "$_k8d" ]; then k8say "the directory ${_k8d%/} does not exist"; return 1; fi
  _k8i=$((_k8i + 1)) _k8t=$_k8d.k8sbm-$_k8x-$_k8i
  if [ -n "$7" ] && [ -e "$_k8p" ]; then
    _k8z=1
    umask 077
  elif [ -z "$6" ] && [ -e "$_k8p" ]; then
    cp --attributes-only --preserve=mode,ownership -- "$_k8p" "$_k8t" 2>/dev/null ||
      cp -p -- "$_k8p" "$_k8t" || return
    k8own "$_k8t" "$_k8w" "$_k8a" || return
    _k8w= _k8a=
    if [ ! -w "$_k8t" ]; then
      _k8a=$(stat -c %a -- "$_k8t") && chmod u+w -- "$_k8t" || return
    fi
  else
    _k8a=$5
    umask "$4"
  fi
}

# Takes back what k8open began.
k8undo() {
  umask "$_k8um"
  [ -z "$_k8t" ] || [ ! -e "$_k8t" ] || rm -f -- "$_k8t"
  return 1
}

# The shell's own printf does not say why it could not write.
k8full() { k8say "cannot write in $_k8d, whose disk may be full"; return 1; }

# k8take COUNT: content from standard input into the temporary file. Where it does not arrive whole,
# the shell ends: what is left of it must not be taken for commands.
k8take() {
  k8r
  if head -c "$1" >"$_k8t" && [ "$(($(wc -c <"$_k8t")))" -eq "$1" ]; then return; fi
  k8undo
  k8say "the content did not arrive whole"
  false
  k8e
  exit 1
}

# k8stage COUNT: takes standard input for a command, which then has it as descriptor 8.
k8stage() {
  _k8i=$((_k8i + 1)) _k8t=${TMPDIR:-/tmp}/.k8sbm-$_k8x-$_k8i
  umask 077
  k8take "$1"
  umask "$_k8um"
  exec 8<"$_k8t"
  rm -f -- "$_k8t"
}

# k8closed STATUS: closes the descriptor, and passes the command's status on.
k8closed() { exec 8<&-; return "$1"; }

# Sets owner and mode of the new file before it is checked and put in place.
k8set() {
  umask "$_k8um"
  [ -n "$_k8z" ] || k8own "$_k8t" "$_k8w" "$_k8a"
}

# k8hash SHA256: whether the new file is what was sent.
k8hash() {
  _k8q=$(sha256sum <"$_k8t") || return
  [ "${_k8q%% *}" = "$1" ] || { k8say "what arrived has the checksum ${_k8q%% *}, not $1"; return 1; }
}

# k8done BACKUP: puts the new file in place.
k8done() {
  if [ -n "$1" ] && [ -e "$_k8p" ]; then cp -p -- "$_k8p" "$1" || return; fi
  if [ -n "$_k8z" ]; then
    cat -- "$_k8t" >"$_k8p" || { k8say "the new content is left in $_k8t"; _k8t=; return 1; }
    k8own "$_k8p" "$_k8w" "$_k8a" && rm -f -- "$_k8t"
  else
    mv -f -- "$_k8t" "$_k8p"
  fi
}

# k8attr PATH OWNER MODE FOLLOW
k8attr() {
  if [ -L "$1" ] && [ -z "$4" ]; then k8own "$1" "$2" '' -h; else k8own "$1" "$2" "$3"; fi
}

# k8attrs PATH OWNER MODE FOLLOW: the same for all below.
k8attrs() {
  if [ -L "$1" ]; then
    if [ -z "$4" ]; then k8attr "$@"; return; fi
    set -- "$1/." "$2" "$3"
  fi
  if [ -n "$2" ]; then chown -hR -- "$2" "$1" || return; fi
  if [ -n "$3" ]; then chmod -R -- "$3" "$1" || return; fi
}

# k8dir PATH OWNER MODE NEW_MODE
k8dir() {
  if [ -d "$1" ]; then k8own "$1" "$2" "$3"; return; fi
  _k8p=$1 _k8w=$2 _k8f=$3 _k8a=$4 _k8l=
  set --
  while [ -n "$_k8p" ] && [ ! -d "$_k8p" ]; do
    set -- "$_k8p" "$@"
    case $_k8p in */*) _k8p=${_k8p%/*} ;; *) _k8p= ;; esac
  done
  for _k8p in "$@"; do
    mkdir ${_k8a:+-m "$_k8a"} -- "$_k8p" 2>/dev/null && continue
    # Another task may have made it meanwhile.
    if [ -d "$_k8p" ]; then _k8l=$_k8p; else mkdir -- "$_k8p" || return; fi
  done
  if [ "$_k8l" = "$_k8p" ]; then k8own "$_k8p" "$_k8w" "$_k8f"; return; fi
  if [ -n "$_k8w" ] && ! k8mine "$1" "$_k8w"; then chown -- "$_k8w" "$@"; fi
}

# k8link PATH TARGET OPTION: makes the link beside its place and renames it, so that the place is never empty.
k8link() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then ln $3 -- "$2" "$1"; return; fi
  if [ -d "$1" ] && [ ! -L "$1" ]; then k8say "$1 is a directory"; return 1; fi
  _k8i=$((_k8i + 1)) _k8t=${1%/*}/.k8sbm-$_k8x-$_k8i
  ln $3 -- "$2" "$_k8t" || return
  mv -fT -- "$_k8t" "$1" 2>/dev/null || ln -fn $3 -- "$2" "$1" || { k8undo; return; }
  [ ! -e "$_k8t" ] && [ ! -L "$_k8t" ] || rm -f -- "$_k8t"
}

# k8touch PATH ACCESS MODIFICATION
k8touch() {
  if [ ! -e "$1" ]; then printf '' >>"$1" || return; fi
  if [ -n "$2" ] && [ "$2" = "$3" ]; then touch -c -d "$2" -- "$1"; return; fi
  if [ -n "$2" ]; then touch -c -a -d "$2" -- "$1" || return; fi
  if [ -n "$3" ]; then touch -c -m -d "$3" -- "$1" || return; fi
}

# k8rm PATH
k8rm() {
  if [ -e "$1" ] || [ -L "$1" ]; then rm -rf -- "$1"; fi
}
