//! A certificate that an authority signs.

use super::{Pki, placing, private_key, seen::Seen};
use crate::kubernetes::keeping::Keeping;
use jiff::Timestamp;
use k8sbm_core::{
    host::Host,
    task::{Diff, Error, Plan, Probe, Result, Returns},
};

impl Pki {
    pub(super) async fn plan_certificate(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let (path, key_path) = self.files();
        placing::directory(&mut plan, host, &path).await?;
        placing::directory(&mut plan, host, &key_path).await?;
        plan.returns("certificate", path.clone());
        plan.returns("key", key_path.clone());
        let (faults, seen) = self.faults(host).await?;
        let Some(seen) = seen.filter(|_| faults.is_empty()) else {
            let before: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
            let diff = Diff::text(&path, before, self.wanted().told());
            let this = self.clone();
            plan.act_with(
                format!("make {path} and its key, signed by {}", self.place()),
                diff,
                async move |host| this.issue(&host).await,
            );
            return Ok(plan);
        };
        plan.attributes(host, &path, &self.open(), true).await?;
        plan.attributes(host, &key_path, &self.closed(), true)
            .await?;
        plan.returns("expires", seen.expires.to_string());
        Ok(plan)
    }

    /// The certificate's file and that of its key.
    fn files(&self) -> (String, String) {
        let path = self.certificate.clone().unwrap_or_default();
        let key = self.key.clone().unwrap_or_else(|| {
            let stem = [".crt", ".pem", ".cert"].into_iter();
            let stem = stem.filter_map(|ending| path.strip_suffix(ending)).next();
            format!("{}.key", stem.unwrap_or(&path))
        });
        (path, key)
    }

    /// What keeps the certificate from being good, and what it says.
    async fn faults(&self, host: &Probe) -> Result<(Vec<String>, Option<Seen>)> {
        let (path, key_path) = self.files();
        let (certificate, key) = tokio::join!(host.read_text(&path), host.read_text(&key_path));
        let Some(certificate) = certificate? else {
            return Ok((Vec::new(), None));
        };
        let Ok(seen) = Seen::read(&certificate) else {
            return Ok((vec!["it cannot be read".into()], None));
        };
        let mut faults = self.wanted().faults(&seen, Timestamp::now());
        let fits = |key: &str| {
            let key = private_key::read(key);
            key.is_ok_and(|key| {
                rcgen::PublicKeyData::subject_public_key_info(&key) == seen.public_key
            })
        };
        match key? {
            None => faults.push("its key is not there".into()),
            Some(key) if !fits(&key) => faults.push("its key is another's".into()),
            Some(_) => {}
        }
        let keeping = Keeping::of(host, self.authority_on.as_deref())?;
        let authority = keeping.read_text(&self.kept().0).await?;
        let authority = authority.map(|pem| Seen::read(&pem)).transpose();
        match authority.map_err(|error| error.context(self.place()))? {
            None => faults.push("its authority is not there".into()),
            Some(authority) if !seen.is_signed_by(&authority) => {
                faults.push("another authority signed it".into());
            }
            Some(_) => {}
        }
        Ok((faults, Some(seen)))
    }

    async fn issue(&self, host: &Host) -> Result<Returns> {
        let keeping = Keeping::now(host, self.authority_on.as_deref())?;
        let (authority, authority_key) = self.look(&keeping).await?.ok_or_else(|| {
            Error::failed(format!("there is no authority {}", self.place()))
                .hint("make it before, with `kind: authority`")
        })?;
        let authority_key = authority_key.ok_or_else(|| self.keyless())?;
        let key = private_key::make(host, self.key_type, self.key_size).await?;
        let signed =
            self.wanted()
                .signed_by(&key, (&authority, &authority_key), Timestamp::now())?;
        // The key first: one without its certificate is seen and made anew, should this be cut off here.
        let (path, key_path) = self.files();
        placing::write(host, &key_path, &key, &self.closed()).await?;
        placing::write(host, &path, &signed, &self.open()).await?;
        let mut returns = Returns::new();
        let expires = Seen::read(&signed)?.expires;
        returns.insert("expires".into(), expires.to_string().into());
        Ok(returns)
    }
}
