//! Password hashes, and values under a vault password.

use crate::{
    template::{
        call::{Call, Operation, fail, text_of},
        lookups,
    },
    vault::{self, VaultSecrets},
};
use minijinja::{Error, Value};
use sha_crypt::{Params, sha256_crypt, sha512_crypt};

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(
        &["password_hash"],
        &["hashtype", "salt", "salt_size", "rounds", "ident"],
        |value, call| {
            let kind = call
                .text("hashtype")?
                .unwrap_or_else(|| "sha512".to_owned());
            let rounds = call
                .whole("rounds")?
                .and_then(|rounds| u32::try_from(rounds).ok());
            password_hash(
                &text_of(value)?,
                &kind,
                call.text("salt")?.as_deref(),
                rounds,
            )
            .map(Value::from)
        },
    ),
    Operation::new(
        &["vault"],
        &["secret", "salt", "vault_id", "wrap_object"],
        vault,
    ),
    Operation::new(&["unvault"], &["secret", "vault_id"], unvault),
];

/// How often Ansible's hashes go round.
const ROUNDS: u32 = 656_000;
const ROUNDS_256: u32 = 535_000;

/// The hash of a password for `/etc/shadow`.
pub(in crate::template) fn password_hash(
    word: &str,
    kind: &str,
    salt: Option<&str>,
    rounds: Option<u32>,
) -> Result<String, Error> {
    let salt = salt.map_or_else(|| lookups::random(16, lookups::SALT, None), str::to_owned);
    let long = match kind {
        "sha512" | "sha512_crypt" => true,
        "sha256" | "sha256_crypt" => false,
        _ => {
            return Err(fail(format!(
                "the hash {kind:?} is not supported; use sha512 or sha256"
            )));
        }
    };
    let rounds = rounds.unwrap_or(if long { ROUNDS } else { ROUNDS_256 });
    let params = Params::new(rounds)
        .map_err(|_| fail(format!("{rounds} rounds are too few or too many")))?;
    let (word, bytes) = (word.as_bytes(), salt.as_bytes());
    let (letter, hashed) = if long {
        (
            '6',
            encoded(
                &sha512_crypt(word, bytes, params),
                [0, 21, 42],
                |[a, b, c]| [b + 1, c + 1, a + 1],
            ),
        )
    } else {
        (
            '5',
            encoded(
                &sha256_crypt(word, bytes, params),
                [0, 10, 20],
                |[a, b, c]| [c + 1, a + 1, b + 1],
            ),
        )
    };
    // 5000 is what is meant when nothing is said
    let said = if rounds == 5000 {
        String::new()
    } else {
        format!("rounds={rounds}$")
    };
    Ok(format!("${letter}${said}{salt}${hashed}"))
}

/// The letters of a hash: three bytes at a time, taken from all over it.
fn encoded(hash: &[u8], first: [usize; 3], next: impl Fn([usize; 3]) -> [usize; 3]) -> String {
    let mut out = String::new();
    let mut at = first;
    for _ in 0..hash.len() / 3 {
        let [a, b, c] = at.map(|index| u32::from(hash[index]));
        write_letters(&mut out, a << 16 | b << 8 | c, 4);
        at = next(at);
    }
    match hash {
        [.., a, b] if hash.len() % 3 == 2 => {
            write_letters(&mut out, u32::from(*b) << 8 | u32::from(*a), 3);
        }
        [.., a] => write_letters(&mut out, u32::from(*a), 2),
        [] => {}
    }
    out
}

fn write_letters(out: &mut String, mut bits: u32, count: usize) {
    for _ in 0..count {
        out.push(char::from(lookups::SALT.as_bytes()[(bits & 63) as usize]));
        bits >>= 6;
    }
}

fn vault(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let id = call.text("vault_id")?.filter(|id| id != "filter_default");
    let sealed = vault::seal(
        text_of(value)?.as_bytes(),
        call.need_text("secret")?.as_bytes(),
        id.as_deref(),
    );
    Ok(Value::from(sealed))
}

fn unvault(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    if !vault::is_vault(&text) {
        return Ok(Value::from(text));
    }
    let secrets = VaultSecrets::new().with("default", call.need_text("secret")?.into_bytes());
    let opened = vault::open(&text, &secrets).map_err(|problem| fail(problem.message))?;
    String::from_utf8(opened)
        .map(Value::from)
        .map_err(|_| fail("the decrypted value is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::password_hash;

    #[test]
    fn hashes_are_those_of_crypt() {
        assert_eq!(
            password_hash("Hello world!", "sha512", Some("saltstring"), Some(5000)).unwrap(),
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        );
        assert_eq!(
            password_hash(
                "Hello world!",
                "sha256",
                Some("saltstringsaltst"),
                Some(10000)
            )
            .unwrap(),
            "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA",
        );
    }
}
