# `just` lists what there is to run.
[private]
default:
    @just --list --unsorted

# Everything CI checks
ci:
    scripts/test

# Tests that need no hosts
test:
    K8SBM_NO_FLEET=1 cargo test --workspace

# Three hosts, one playbook, run twice
demo:
    scripts/demo

# Format the code
fmt:
    cargo fmt --all

# What clippy, shellcheck and cargo-deny have to say
lint:
    cargo clippy --workspace --all-targets -- -D warnings
    shellcheck -x scripts/* .ci/run tests/fleet/fleet tests/fleet/lib/*.sh tests/sidebyside/sidebyside tests/sidebyside/standing.sh benches/tree
    cargo deny check

# Ratios against others, measured in one run
bench *arguments:
    benches/compare {{ arguments }}

# Ansible's own integration tests: `--check` against docs/conformance.md, or `--write` it
conformance *arguments:
    cargo run --quiet --package k8sbm-tests --bin conformance -- {{ arguments }}

# Playbooks of others, once with ansible-core and once with k8sbm: DIR has checkouts of their repositories
sidebyside *arguments:
    tests/sidebyside/sidebyside {{ arguments }}

# The API documentation
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Real hosts to play with, such as `just fleet up 3`
fleet *arguments:
    tests/fleet/fleet {{ arguments }}
