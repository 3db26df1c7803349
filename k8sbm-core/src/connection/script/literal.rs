//! Bytes and paths as words of a shell script.

use crate::connection::quote;

/// `path` such that no program takes it for an option, quoted.
pub(super) fn path_word(path: &str) -> String {
    quote(&plain_path(path))
}

/// `path` such that no program takes it for an option.
pub(super) fn plain_path(path: &str) -> String {
    if path.starts_with('-') {
        format!("./{path}")
    } else {
        path.to_owned()
    }
}

/// A `printf` command, builtin in every shell, that prints exactly `content`.
pub(super) fn printf(content: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(content.len() + content.len() / 16 + 16);
    if content.contains(&0) {
        text.extend_from_slice(b"printf '");
        for (at, &byte) in content.iter().enumerate() {
            match byte {
                // A format must not look like an option.
                b'-' if at == 0 => text.extend_from_slice(b"\\055"),
                b'%' => text.extend_from_slice(b"%%"),
                b'\n' | b' '..=b'~' if byte != b'\'' && byte != b'\\' => text.push(byte),
                _ => text.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
            }
        }
    } else {
        text.extend_from_slice(b"printf %s '");
        for &byte in content {
            match byte {
                b'\'' => text.extend_from_slice(br"'\''"),
                _ => text.push(byte),
            }
        }
    }
    text.push(b'\'');
    text
}

/// How many bytes [`printf`] would take at most.
pub(super) fn printf_size(content: &[u8]) -> usize {
    if content.contains(&0) {
        content
            .iter()
            .map(|&byte| if (b' '..=b'~').contains(&byte) { 1 } else { 4 })
            .sum()
    } else {
        content.len()
    }
}
