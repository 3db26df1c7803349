//! What is made once and kept: an authority, or a pair of keys; and copies of it on hosts.

use super::{Kind, Pki, placing, private_key, seen::Seen};
use crate::kubernetes::keeping::Keeping;
use jiff::Timestamp;
use k8sbm_core::{
    host::Host,
    task::{Diff, Error, Plan, Probe, Result, Returns, WriteFile},
};
use tokio::sync::Mutex;

/// One is made at a time: hosts that find none would each make their own, and the last would win.
static MAKING: Mutex<()> = Mutex::const_new(());

/// What is kept, in PEM: the certificate or public key, and the private key.
type Kept = (String, Option<String>);

impl Pki {
    pub(super) async fn plan_kept(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let (open, closed) = (self.certificate.clone(), self.key.clone());
        for path in [&open, &closed].into_iter().flatten() {
            placing::directory(&mut plan, host, path).await?;
        }
        let keeping = Keeping::of(host, self.authority_on.as_deref())?;
        let Some((public, key)) = self.look(&keeping).await? else {
            let what = match self.kind {
                Kind::KeyPair => "pair of keys",
                _ => "authority",
            };
            let after = match self.kind {
                Kind::KeyPair => "public key\n".into(),
                _ => self.wanted().told(),
            };
            let diff = Diff::text(&self.kept().0, "", after);
            let this = self.clone();
            plan.act_with(
                format!("make the {what} {}", self.place()),
                diff,
                async move |host| this.make_and_place(&host).await,
            );
            self.tell(&mut plan);
            return Ok(plan);
        };
        if self.kind == Kind::Authority {
            self.judge(&mut plan, &public)?;
        }
        if let Some(path) = &open {
            let file = WriteFile {
                path: path.clone(),
                content: public.into_bytes(),
                attributes: self.open(),
                ..WriteFile::default()
            };
            plan.write(host, file).await?;
        }
        if let Some(path) = &closed {
            let key = key.ok_or_else(|| self.keyless())?;
            placing::secret(&mut plan, host, path, key.as_bytes(), &self.closed()).await?;
        }
        self.tell(&mut plan);
        Ok(plan)
    }

    fn tell(&self, plan: &mut Plan) {
        let (public, key) = self.kept();
        let path = self.certificate.clone().unwrap_or(public);
        plan.returns("certificate", path);
        plan.returns("key", self.key.clone().unwrap_or(key));
    }

    /// Says what of an authority that is there is not as it shall be.
    fn judge(&self, plan: &mut Plan, public: &str) -> Result<()> {
        let seen = Seen::read(public).map_err(|error| error.context(self.place()))?;
        if !seen.authority {
            let path = self.place();
            return Err(Error::failed(format!("{path} is no certificate authority")));
        }
        plan.returns("expires", seen.expires.to_string());
        for fault in self.wanted().faults(&seen, Timestamp::now()) {
            plan.warn(format!(
                "the authority {} stays as it is, though {fault}",
                self.place()
            ));
        }
        Ok(())
    }

    /// What is kept, if it is there.
    pub(super) async fn look(&self, keeping: &Keeping) -> Result<Option<Kept>> {
        let (public, key) = self.kept();
        let (public, key) = tokio::join!(keeping.read_text(&public), keeping.read_text(&key));
        match (public?, key?) {
            (Some(public), key) => Ok(Some((public, key))),
            // A run that was cut off between the two: the public key follows from the private one.
            (None, Some(key)) if self.kind == Kind::KeyPair => {
                let public = private_key::read(&key)?.public_key_pem();
                Ok(Some((public, Some(key))))
            }
            (None, _) => Ok(None),
        }
    }

    pub(super) fn keyless(&self) -> Error {
        Error::failed(format!(
            "the key of the authority {} is not there",
            self.place()
        ))
        .hint("an authority whose key is elsewhere signs nothing here")
    }

    /// Makes it unless another host did so meanwhile.
    async fn make(&self, host: &Host) -> Result<Kept> {
        let _one_at_a_time = MAKING.lock().await;
        let keeping = Keeping::now(host, self.authority_on.as_deref())?;
        if let Some(kept) = self.look(&keeping).await? {
            return Ok(kept);
        }
        let (public_path, key_path) = self.kept();
        // A key without a certificate is what a run left that was cut off, or somebody's own: it is taken.
        let key = match keeping.read_text(&key_path).await? {
            Some(key) => key,
            None => {
                let key = private_key::make(host, self.key_type, self.key_size).await?;
                keeping.write_secret(&key_path, key.as_bytes()).await?;
                key
            }
        };
        let public = match self.kind {
            Kind::KeyPair => private_key::read(&key)?.public_key_pem(),
            _ => self.wanted().self_signed(&key, Timestamp::now())?,
        };
        keeping.write(&public_path, public.as_bytes()).await?;
        Ok((public, Some(key)))
    }

    async fn make_and_place(&self, host: &Host) -> Result<Returns> {
        let (public, key) = self.make(host).await?;
        let mut returns = Returns::new();
        if let Some(path) = &self.key {
            let key = key.ok_or_else(|| self.keyless())?;
            placing::write(host, path, &key, &self.closed()).await?;
        }
        if let Some(path) = &self.certificate {
            placing::write(host, path, &public, &self.open()).await?;
        }
        if self.kind == Kind::Authority {
            let expires = Seen::read(&public)?.expires;
            returns.insert("expires".into(), expires.to_string().into());
        }
        Ok(returns)
    }
}
