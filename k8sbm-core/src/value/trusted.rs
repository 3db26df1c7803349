//! Text that was written in a playbook, told from text that a host, a file or a template gave.
//!
//! Only the former may be read as an expression. The mark is that of minijinja's for text that needs no escaping, which
//! templates here have no other use for: it stays on a value that is passed on as it is, and everything that makes a
//! new text of it takes it away.

use super::Value;

/// Text as it was written in a playbook, a role, an inventory or a file of variables.
pub(crate) fn trusted(text: &str) -> Value {
    Value::from_safe_string(text.to_owned())
}

/// Whether a value is text as it was written in a playbook.
pub(crate) fn is_trusted(value: &Value) -> bool {
    value.is_safe()
}
