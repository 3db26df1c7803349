# What the scripts share. Sourced, never run.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FLEET=$ROOT/tests/fleet/fleet

die() { echo "${0##*/}: $*" >&2; exit 1; }
say() { printf '\n== %s\n' "$*"; }

need_linux() { [ "$(uname -s)" = Linux ] || die "needs Linux: hosts are made from its namespaces"; }
need_root() { [ "$(id -u)" = 0 ] || die "needs root, to make hosts from namespaces: run it with sudo, or on a machine of its own"; }
need_cargo() {
  command -v cargo >/dev/null || PATH=$PATH:$HOME/.cargo/bin
  command -v cargo >/dev/null || die "needs cargo: install Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml") or newer"
}
