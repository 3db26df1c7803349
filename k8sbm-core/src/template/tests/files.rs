//! Files of the controller.

use crate::template::{
    call::{Operation, text_of},
    lookups,
};
use minijinja::{Error, State, Value};
use std::path::Path;

pub(super) const TESTS: &[Operation] = &[
    Operation::stateful(&["exists"], &[], |value, _, state| {
        at(value, state, |c, path| c.exists(path))
    }),
    Operation::stateful(&["link_exists"], &[], |value, _, state| {
        at(value, state, |c, path| c.exists(path) || c.is_link(path))
    }),
    Operation::stateful(&["directory", "is_dir"], &[], |value, _, state| {
        at(value, state, |c, path| c.is_dir(path))
    }),
    Operation::stateful(&["file", "is_file"], &[], |value, _, state| {
        at(value, state, |c, path| c.exists(path) && !c.is_dir(path))
    }),
    Operation::stateful(&["link", "is_link"], &[], |value, _, state| {
        at(value, state, |c, path| c.is_link(path))
    }),
    Operation::stateful(&["mount", "is_mount"], &[], |value, _, state| {
        at(value, state, |c, path| c.is_mount(path))
    }),
    Operation::stateful(
        &["same_file", "is_same_file"],
        &["other"],
        |value, call, state| {
            let other = call.need_text("other")?;
            at(value, state, |c, path| {
                c.real_path(path)
                    .is_ok_and(|real| c.real_path(Path::new(&other)).is_ok_and(|o| o == real))
            })
        },
    ),
    Operation::new(&["abs", "is_abs"], &[], |value, _| {
        Ok(Value::from(text_of(value)?.starts_with('/')))
    }),
    Operation::stateful(&["vaulted_file"], &[], |value, _, state| {
        at(value, state, |c, path| {
            c.read(path)
                .is_ok_and(|content| content.starts_with(b"$ANSIBLE_VAULT;"))
        })
    }),
];

fn at(
    value: &Value,
    state: &mut State<'_, '_>,
    ask: impl FnOnce(&dyn crate::controller::Controller, &Path) -> bool,
) -> Result<Value, Error> {
    let path = text_of(value)?;
    Ok(Value::from(ask(
        &*lookups::engine(state)?.controller,
        Path::new(&path),
    )))
}
