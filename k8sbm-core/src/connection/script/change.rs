//! Changes of files as shell text; the work is in the functions of `prologue.sh`.

use super::literal::{path_word, printf, printf_size};
use super::step::{Asks, Step};
use super::upload::Upload;
use crate::connection::{quote, words};
use crate::host::{Attributes, FileChange, Mode};

/// Content whose text would be longer goes as raw bytes, which costs a round trip more.
const INLINE: usize = 64 * 1024;

/// The step that makes `change`.
///
/// # Errors
/// What no shell need be asked to know that it cannot be done.
pub(super) fn step(change: FileChange, place: usize) -> Result<Step, String> {
    let mut upload = None;
    let text = match change {
        FileChange::Write {
            path,
            content,
            attributes,
            validate,
            backup,
            in_place,
        } => {
            let produce = if printf_size(&content) <= INLINE {
                let mut text = printf(&content);
                text.extend_from_slice(b" >\"$_k8t\" || k8full");
                text
            } else {
                let text = format!("k8take {}", content.len());
                upload = Some(Upload::Bytes(content));
                text.into_bytes()
            };
            let checked = validate.map(|command| validated(&command)).transpose()?;
            write(&path, &attributes, checked, backup, in_place, &produce)
        }
        FileChange::Upload {
            from,
            size,
            sha256,
            path,
            attributes,
        } => {
            upload = Some(Upload::File { path: from, size });
            let checked = format!("k8hash {}", quote(&sha256));
            let produce = format!("k8take {size}");
            write(
                &path,
                &attributes,
                Some(checked),
                None,
                false,
                produce.as_bytes(),
            )
        }
        FileChange::Copy {
            from,
            path,
            attributes,
            validate,
            backup,
        } => {
            let produce = format!("cat {} >\"$_k8t\"", path_word(&from));
            let checked = validate.map(|command| validated(&command)).transpose()?;
            write(
                &path,
                &attributes,
                checked,
                backup,
                false,
                produce.as_bytes(),
            )
        }
        FileChange::Attributes {
            path,
            attributes,
            follow,
            recursive,
        } => format!(
            "{} {} {} {} {}",
            if recursive { "k8attrs" } else { "k8attr" },
            path_word(&path),
            owner(&attributes),
            mode(attributes.mode.as_ref()),
            flag(follow),
        )
        .into_bytes(),
        FileChange::MakeDirectory { path, attributes } => {
            let new = attributes.mode.as_ref().map(|mode| mode.apply(0o755, true));
            format!(
                "k8dir {} {} {} {}",
                path_word(trimmed(&path)),
                owner(&attributes),
                mode(attributes.mode.as_ref()),
                mode(new.map(Mode::octal).as_ref()),
            )
            .into_bytes()
        }
        FileChange::SymbolicLink { path, target } => {
            format!("k8link {} {} -s", path_word(trimmed(&path)), quote(&target)).into_bytes()
        }
        FileChange::HardLink { path, target } => format!(
            "k8link {} {}",
            path_word(trimmed(&path)),
            path_word(&target)
        )
        .into_bytes(),
        FileChange::Touch {
            path,
            access,
            modification,
        } => format!(
            "k8touch {} {} {}",
            path_word(&path),
            quote(access.as_deref().unwrap_or_default()),
            quote(modification.as_deref().unwrap_or_default()),
        )
        .into_bytes(),
        FileChange::Remove { path } => {
            let path = trimmed(&path);
            if path.is_empty() || path.ends_with("/..") || path.ends_with("/.") {
                return Err(format!("refused to remove `{path}/`"));
            }
            format!("k8rm {}", path_word(path)).into_bytes()
        }
    };
    Ok(Step {
        text,
        asks: Asks::Change(place),
        upload,
        limit: None,
        last: false,
    })
}

/// A new file: opened, filled by `produce`, its attributes set, checked, put in place; or taken back.
fn write(
    path: &str,
    attributes: &Attributes,
    checked: Option<String>,
    backup: Option<String>,
    in_place: bool,
    produce: &[u8],
) -> Vec<u8> {
    let new = attributes
        .mode
        .as_ref()
        .map(|mode| mode.apply(0o644, false));
    // A file created under this mask has the wanted bits but those to execute.
    let mask = new.map_or("go-w".to_owned(), |bits| format!("{:04o}", !bits & 0o777));
    let more = new.filter(|bits| bits & !0o666 != 0).map(Mode::octal);
    // Where all is said, a file that stood there before need not be looked at.
    let complete = attributes.owner.is_some()
        && attributes.group.is_some()
        && attributes.mode.as_ref().is_some_and(is_octal);
    let mut text = format!(
        "k8open {} {} {} {mask} {} {} {} && ",
        path_word(path),
        owner(attributes),
        mode(attributes.mode.as_ref()),
        mode(more.as_ref()),
        flag(complete),
        flag(in_place),
    )
    .into_bytes();
    text.extend_from_slice(b"{ ");
    text.extend_from_slice(produce);
    text.extend_from_slice(b"; } && k8set && ");
    if let Some(checked) = checked {
        text.extend_from_slice(format!("{checked} && ").as_bytes());
    }
    let backup = backup.as_deref().map(path_word).unwrap_or("''".to_owned());
    text.extend_from_slice(format!("k8done {backup} || k8undo").as_bytes());
    text
}

/// A command that must accept the new file, which stands where the command says `%s`.
fn validated(command: &str) -> Result<String, String> {
    let command = words(command)?
        .iter()
        .map(|word| match word.split_once("%s") {
            Some((before, after)) => format!("{}\"$_k8t\"{}", part(before), part(after)),
            None => quote(word),
        })
        .collect::<Vec<_>>()
        .join(" ");
    let failed = "k8say \"validation failed with exit status $?\"; false";
    Ok(format!(
        "{{ (exec {command}) </dev/null || {{ {failed}; }}; }}"
    ))
}

fn part(word: &str) -> String {
    if word.is_empty() {
        String::new()
    } else {
        quote(word)
    }
}

fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}

/// The word for chown.
fn owner(attributes: &Attributes) -> String {
    match (&attributes.owner, &attributes.group) {
        (None, None) => "''".to_owned(),
        (Some(owner), None) => quote(owner),
        (None, Some(group)) => quote(&format!(":{group}")),
        (Some(owner), Some(group)) => quote(&format!("{owner}:{group}")),
    }
}

fn flag(set: bool) -> &'static str {
    if set { "1" } else { "''" }
}

fn is_octal(mode: &Mode) -> bool {
    mode.to_string().bytes().all(|digit| digit.is_ascii_digit())
}

/// The word for chmod. Five digits: with four, it would keep a directory's set-group-id bit.
fn mode(mode: Option<&Mode>) -> String {
    match mode {
        None => "''".to_owned(),
        Some(mode) if is_octal(mode) => format!("0{mode}"),
        Some(mode) => quote(&mode.to_string()),
    }
}

#[cfg(test)]
mod tests;
