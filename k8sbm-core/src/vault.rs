//! Ansible Vault, format 1.1 and 1.2: text encrypted with a password.

use crate::{diagnostic::Diagnostic, redact::Secrets};
use aes::Aes256;
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{fmt, sync::Arc};

const MARK: &str = "$ANSIBLE_VAULT";
const CIPHER: &str = "AES256";
const ROUNDS: u32 = 10_000;
const BLOCK: usize = 16;
const LINE: usize = 80;
/// The id of a password that was given without one.
const DEFAULT_ID: &str = "default";

/// The vault passwords of a run, each with its id.
#[derive(Clone, Default)]
pub struct VaultSecrets {
    list: Vec<(String, Vec<u8>)>,
    /// What was opened with them and is to be kept out of what is shown; shared by all clones.
    pub(crate) hidden: Arc<Secrets>,
}

impl VaultSecrets {
    /// No passwords.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a password under an id, `default` if it has none of its own.
    #[must_use]
    pub fn with(mut self, id: &str, password: impl Into<Vec<u8>>) -> Self {
        let id = if id.is_empty() { DEFAULT_ID } else { id };
        self.list.push((id.to_owned(), password.into()));
        self
    }

    /// Whether there is no password.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The passwords, so that they can be kept out of what is shown.
    pub fn passwords(&self) -> impl Iterator<Item = &[u8]> {
        self.list.iter().map(|(_, password)| password.as_slice())
    }

    /// The password that was given first, with its id: new secrets are sealed with it.
    pub fn first(&self) -> Option<(&str, &[u8])> {
        let (id, password) = self.list.first()?;
        Some((id, password))
    }

    /// The password of this id.
    pub fn key(&self, id: &str) -> Option<VaultKey<'_>> {
        self.keys().find(|key| key.id == id)
    }

    /// The password, if there is only one.
    pub fn only_key(&self) -> Option<VaultKey<'_>> {
        self.keys().next().filter(|_| self.list.len() == 1)
    }

    fn keys(&self) -> impl Iterator<Item = VaultKey<'_>> {
        self.list
            .iter()
            .map(|(id, password)| VaultKey { id, password })
    }
}

/// A password with its id.
#[derive(Clone, Copy)]
pub struct VaultKey<'a> {
    id: &'a str,
    password: &'a [u8],
}

impl VaultKey<'_> {
    /// Seals bytes in an envelope that names the id.
    pub fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        seal(plaintext, self.password, Some(self.id)).into_bytes()
    }
}

/// The id only.
impl fmt::Debug for VaultKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// The ids only.
impl fmt::Debug for VaultSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.list.iter().map(|(id, _)| id))
            .finish()
    }
}

/// Whether a text is a vault envelope.
pub fn is_vault(text: &str) -> bool {
    text.trim_start().starts_with(MARK)
}

/// Opens an envelope with the password of its id, or else any other that fits.
///
/// # Errors
/// When it is damaged, or no password fits.
pub fn open(text: &str, secrets: &VaultSecrets) -> Result<Vec<u8>, Diagnostic> {
    Ok(open_with(text, secrets)?.0)
}

/// Opens an envelope, and says which password did.
///
/// # Errors
/// When it is damaged, or no password fits.
pub fn open_with<'a>(
    text: &str,
    secrets: &'a VaultSecrets,
) -> Result<(Vec<u8>, VaultKey<'a>), Diagnostic> {
    let envelope = Envelope::parse(text)?;
    if secrets.is_empty() {
        return Err(
            Diagnostic::new("this is encrypted, and no vault password is given")
                .help("give one with `--vault-password-file` or `--ask-vault-pass`"),
        );
    }
    let id = envelope.id.as_str();
    let of_id = |wanted: bool| secrets.keys().filter(move |key| (key.id == id) == wanted);
    for key in of_id(true).chain(of_id(false)) {
        if let Some(plaintext) = envelope.decrypt(key.password)? {
            return Ok((plaintext, key));
        }
    }
    let ids: Vec<&str> = secrets.list.iter().map(|(id, _)| id.as_str()).collect();
    Err(Diagnostic::new(format!(
        "no vault password opens this, which was sealed as `{}`",
        envelope.id
    ))
    .note(format!("passwords tried: {}", ids.join(", "))))
}

/// Seals bytes in an envelope; with an id, in format 1.2, which carries it.
pub fn seal(plaintext: &[u8], password: &[u8], id: Option<&str>) -> String {
    seal_with_salt(plaintext, password, id, &rand::random::<[u8; 32]>())
}

fn seal_with_salt(plaintext: &[u8], password: &[u8], id: Option<&str>, salt: &[u8]) -> String {
    let keys = Keys::derive(password, salt);
    let padding = BLOCK - plaintext.len() % BLOCK;
    let mut data = plaintext.to_vec();
    data.resize(plaintext.len() + padding, padding as u8);
    keys.apply(&mut data);
    let signature = keys.signature(&data).finalize().into_bytes();
    let inner = [
        hex::encode(salt),
        hex::encode(signature),
        hex::encode(&data),
    ]
    .join("\n");
    let outer = hex::encode(inner);
    let mut text = match id.filter(|id| *id != DEFAULT_ID) {
        Some(id) => format!("{MARK};1.2;{CIPHER};{id}\n"),
        None => format!("{MARK};1.1;{CIPHER}\n"),
    };
    let mut rest = outer.as_str();
    while !rest.is_empty() {
        let (line, next) = rest.split_at(LINE.min(rest.len()));
        text.push_str(line);
        text.push('\n');
        rest = next;
    }
    text
}

/// What an envelope holds.
struct Envelope {
    id: String,
    salt: Vec<u8>,
    signature: Vec<u8>,
    data: Vec<u8>,
}

impl Envelope {
    fn parse(text: &str) -> Result<Self, Diagnostic> {
        let (head, body) = text.trim().split_once('\n').unwrap_or((text.trim(), ""));
        let fields: Vec<&str> = head.split(';').map(str::trim).collect();
        let id = match fields.as_slice() {
            [MARK, "1.1" | "1.2", CIPHER] => DEFAULT_ID,
            [MARK, "1.2", CIPHER, id] => id,
            [MARK, version, cipher, ..] => {
                return Err(Diagnostic::new(format!(
                    "vault format {version} with {cipher} is not known"
                ))
                .help("formats 1.1 and 1.2 with AES256 can be read"));
            }
            _ => {
                return Err(Diagnostic::new("this is no vault envelope")
                    .help(format!("it must start with `{MARK}`")));
            }
        };
        let damaged = || Diagnostic::new("the vault envelope is damaged");
        let body: String = body.split_whitespace().collect();
        let inner = hex::decode(body).map_err(|_| damaged())?;
        let inner = String::from_utf8(inner).map_err(|_| damaged())?;
        let parts: Option<Vec<Vec<u8>>> = inner
            .split('\n')
            .map(|part| hex::decode(part.trim()).ok())
            .collect();
        match parts.map(<[Vec<u8>; 3]>::try_from) {
            Some(Ok([salt, signature, data])) => Ok(Self {
                id: id.to_owned(),
                salt,
                signature,
                data,
            }),
            _ => Err(damaged()),
        }
    }

    /// The bytes inside, or nothing if the password is another one.
    fn decrypt(&self, password: &[u8]) -> Result<Option<Vec<u8>>, Diagnostic> {
        let keys = Keys::derive(password, &self.salt);
        if keys
            .signature(&self.data)
            .verify_slice(&self.signature)
            .is_err()
        {
            return Ok(None);
        }
        let mut data = self.data.clone();
        keys.apply(&mut data);
        let padding = usize::from(data.last().copied().unwrap_or(0));
        if padding == 0 || padding > BLOCK || padding > data.len() {
            return Err(Diagnostic::new(
                "the vault envelope is damaged: bad padding",
            ));
        }
        data.truncate(data.len() - padding);
        Ok(Some(data))
    }
}

/// The keys that a password and a salt give.
struct Keys([u8; 80]);

impl Keys {
    fn derive(password: &[u8], salt: &[u8]) -> Self {
        let mut keys = [0; 80];
        pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, &mut keys);
        Self(keys)
    }

    /// Encrypts or decrypts: in this mode both are the same.
    fn apply(&self, data: &mut [u8]) {
        let (mut key, mut counter) = ([0; 32], [0; BLOCK]);
        key.copy_from_slice(&self.0[..32]);
        counter.copy_from_slice(&self.0[64..]);
        Ctr128BE::<Aes256>::new(&key.into(), &counter.into()).apply_keystream(data);
    }

    fn signature(&self, data: &[u8]) -> Hmac<Sha256> {
        let mut key = [0; 64];
        key[..32].copy_from_slice(&self.0[32..64]);
        // A key shorter than the hash's block is the same key followed by zeros.
        let mut signature = Hmac::<Sha256>::new(&key.into());
        signature.update(data);
        signature
    }
}

#[cfg(test)]
mod tests;
