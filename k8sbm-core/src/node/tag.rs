//! Tags: Ansible's own and those of YAML itself.

use super::{Kind, Node, Span, Tag, scalar};
use crate::diagnostic::{Diagnostic, nearest};
use base64::{Engine, engine::general_purpose::STANDARD};

const YAML: &str = "tag:yaml.org,2002:";
const KNOWN: [&str; 15] = [
    "!vault",
    "!vault-encrypted",
    "!unsafe",
    "!!str",
    "!!int",
    "!!float",
    "!!bool",
    "!!null",
    "!!binary",
    "!!seq",
    "!!map",
    "!!set",
    "!!omap",
    "!!pairs",
    "!!timestamp",
];

/// The tag in its short form: `!vault`, `!!int`, or `!` alone.
fn short(written: &granit_parser::Tag) -> String {
    match written.suffix_in_namespace(YAML) {
        Some(name) => format!("!!{name}"),
        None => format!("{}{}", written.handle(), written.suffix()),
    }
}

/// The value of a tagged scalar.
pub(super) fn scalar(
    written: &granit_parser::Tag,
    span: &Span,
    text: &str,
    plain: bool,
) -> Result<Kind, Diagnostic> {
    let tag = short(written);
    match tag.as_str() {
        "!unsafe" if plain => Ok(scalar::resolve(text)),
        "!!binary" => binary(span, text),
        tag => scalar::tagged(tag.trim_start_matches('!'), text).ok_or_else(|| {
            Diagnostic::new(format!("`{text}` does not fit the tag `{tag}`")).label(span, "")
        }),
    }
}

fn binary(span: &Span, text: &str) -> Result<Kind, Diagnostic> {
    let packed: String = text.split_whitespace().collect();
    let bytes = STANDARD.decode(packed).map_err(|error| {
        Diagnostic::new(format!("bad base64 after `!!binary`: {error}")).label(span, "")
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostic::new("`!!binary` holds bytes that are no text").label(span, ""))?;
    Ok(Kind::Str(text.into()))
}

/// Checks the tag and marks the node with what it means.
pub(super) fn apply(
    node: &mut Node,
    written: &granit_parser::Tag,
    span: &Span,
) -> Result<(), Diagnostic> {
    let tag = short(written);
    match tag.as_str() {
        "!vault" | "!vault-encrypted" => {
            if node.as_str().is_none() {
                return Err(
                    Diagnostic::new(format!("`{tag}` must stand before text")).label(span, "")
                );
            }
            node.tag = Tag::Vault;
        }
        "!unsafe" => mark_unsafe(node),
        "!" => {}
        "!!seq" | "!!omap" | "!!pairs" if node.as_seq().is_none() => {
            return Err(misplaced(&tag, "a list", node, span));
        }
        "!!map" | "!!set" if node.as_map().is_none() => {
            return Err(misplaced(&tag, "a mapping", node, span));
        }
        known if KNOWN.contains(&known) => {}
        unknown => {
            let error = Diagnostic::new(format!("unknown tag `{unknown}`")).label(span, "");
            return Err(match nearest(unknown, KNOWN) {
                Some(known) => error.help(format!("did you mean `{known}`?")),
                None => error.help("quote the value if the `!` belongs to it"),
            });
        }
    }
    Ok(())
}

fn misplaced(tag: &str, wanted: &str, node: &Node, span: &Span) -> Diagnostic {
    Diagnostic::new(format!(
        "`{tag}` must stand before {wanted}, not {}",
        node.describe()
    ))
    .label(span, "")
}

/// Everything inside an unsafe value is unsafe.
fn mark_unsafe(node: &mut Node) {
    node.tag = Tag::Unsafe;
    match &mut node.kind {
        Kind::Seq(items) => items.iter_mut().for_each(mark_unsafe),
        Kind::Map(map) => map
            .values_mut()
            .for_each(|entry| mark_unsafe(&mut entry.value)),
        _ => {}
    }
}
