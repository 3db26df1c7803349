//! The settings of `ansible.cfg` that mean something here.

/// What a setting holds.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Yes or no, in any of Ansible's words.
    Flag,
    /// A whole number.
    Number,
    /// Relative to the file.
    Path,
    /// Several, with what is between them.
    Paths(char),
}

/// SECTION, KEY, the variable of the environment, what it holds: ansible-core's `config/base.yml`.
#[rustfmt::skip] // a table
pub const SETTINGS: &[(&str, &str, &str, Kind)] = &[
    ("defaults", "inventory", "ANSIBLE_INVENTORY", Kind::Paths(',')),
    ("defaults", "roles_path", "ANSIBLE_ROLES_PATH", Kind::Paths(':')),
    ("defaults", "collections_path", "ANSIBLE_COLLECTIONS_PATH", Kind::Paths(':')),
    ("defaults", "collections_paths", "ANSIBLE_COLLECTIONS_PATH", Kind::Paths(':')),
    ("defaults", "forks", "ANSIBLE_FORKS", Kind::Number),
    ("defaults", "timeout", "ANSIBLE_TIMEOUT", Kind::Number),
    ("defaults", "duplicate_dict_key", "ANSIBLE_DUPLICATE_YAML_DICT_KEY", Kind::Text),
    ("defaults", "gathering", "ANSIBLE_GATHERING", Kind::Text),
    ("defaults", "fact_caching", "ANSIBLE_CACHE_PLUGIN", Kind::Text),
    ("defaults", "fact_caching_connection", "ANSIBLE_CACHE_PLUGIN_CONNECTION", Kind::Path),
    ("defaults", "fact_caching_prefix", "ANSIBLE_CACHE_PLUGIN_PREFIX", Kind::Text),
    ("defaults", "fact_caching_timeout", "ANSIBLE_CACHE_PLUGIN_TIMEOUT", Kind::Number),
    ("defaults", "force_handlers", "ANSIBLE_FORCE_HANDLERS", Kind::Flag),
    ("defaults", "host_key_checking", "ANSIBLE_HOST_KEY_CHECKING", Kind::Flag),
    ("defaults", "remote_user", "ANSIBLE_REMOTE_USER", Kind::Text),
    ("defaults", "transport", "ANSIBLE_TRANSPORT", Kind::Text),
    ("defaults", "private_key_file", "ANSIBLE_PRIVATE_KEY_FILE", Kind::Path),
    ("defaults", "vault_password_file", "ANSIBLE_VAULT_PASSWORD_FILE", Kind::Path),
    ("defaults", "vault_identity_list", "ANSIBLE_VAULT_IDENTITY_LIST", Kind::Text),
    ("defaults", "allow_broken_conditionals", "ANSIBLE_ALLOW_BROKEN_CONDITIONALS", Kind::Flag),
    ("defaults", "verbosity", "ANSIBLE_VERBOSITY", Kind::Number),
    ("defaults", "display_skipped_hosts", "ANSIBLE_DISPLAY_SKIPPED_HOSTS", Kind::Flag),
    ("defaults", "nocolor", "ANSIBLE_NOCOLOR", Kind::Flag),
    ("defaults", "force_color", "ANSIBLE_FORCE_COLOR", Kind::Flag),
    ("defaults", "become", "ANSIBLE_BECOME", Kind::Flag),
    ("privilege_escalation", "become", "ANSIBLE_BECOME", Kind::Flag),
    ("privilege_escalation", "become_user", "ANSIBLE_BECOME_USER", Kind::Text),
    ("privilege_escalation", "become_method", "ANSIBLE_BECOME_METHOD", Kind::Text),
    ("privilege_escalation", "become_ask_pass", "ANSIBLE_BECOME_ASK_PASS", Kind::Flag),
    ("privilege_escalation", "become_password_file", "ANSIBLE_BECOME_PASSWORD_FILE", Kind::Path),
    ("ssh_connection", "ssh_args", "ANSIBLE_SSH_ARGS", Kind::Text),
    ("ssh_connection", "ssh_common_args", "ANSIBLE_SSH_COMMON_ARGS", Kind::Text),
    ("ssh_connection", "ssh_extra_args", "ANSIBLE_SSH_EXTRA_ARGS", Kind::Text),
    ("ssh_connection", "host_key_checking", "ANSIBLE_HOST_KEY_CHECKING", Kind::Flag),
    ("ssh_connection", "timeout", "ANSIBLE_TIMEOUT", Kind::Number),
    ("connection", "ssh_args", "ANSIBLE_SSH_ARGS", Kind::Text),
    ("diff", "always", "ANSIBLE_DIFF_ALWAYS", Kind::Flag),
    ("tags", "run", "ANSIBLE_RUN_TAGS", Kind::Text),
    ("tags", "skip", "ANSIBLE_SKIP_TAGS", Kind::Text),
];

/// What would give other results if it were passed over: SECTION, KEY, the value that is usual.
pub const REFUSED: &[(&str, &str, &str)] = &[
    ("defaults", "hash_behaviour", "replace"),
    ("defaults", "error_on_undefined_vars", "true"),
];
