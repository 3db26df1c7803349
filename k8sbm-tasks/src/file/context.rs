//! SELinux contexts of files.

use k8sbm_core::{
    host::{Command, Host},
    task::{Diff, Plan, Probe, Result, Returns},
};

/// What is wanted of a file's context; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    /// The user.
    pub user: Option<String>,
    /// The role.
    pub role: Option<String>,
    /// The type.
    pub kind: Option<String>,
    /// The level, or range of levels.
    pub level: Option<String>,
}

impl Context {
    fn parts(&self) -> [(&'static str, &Option<String>); 4] {
        [
            ("-u", &self.user),
            ("-r", &self.role),
            ("-t", &self.kind),
            ("-l", &self.level),
        ]
    }

    /// Whether a file has it. `_default` is what the policy says, which is what a new file gets.
    fn is(&self, now: &str) -> bool {
        let mut parts = now.trim().splitn(4, ':');
        self.parts().iter().all(|(_, wanted)| {
            let now = parts.next().unwrap_or_default();
            wanted
                .as_deref()
                .is_none_or(|it| it == now || it == "_default")
        })
    }

    /// Plans it for the file that the plan is about, where the host has SELinux at all.
    pub(crate) async fn plan(&self, host: &Probe, plan: &mut Plan) -> Result<()> {
        let wanted = self.parts().into_iter().filter_map(|(flag, value)| {
            let value = value.as_deref().filter(|it| *it != "_default")?;
            Some([flag.to_owned(), value.to_owned()])
        });
        let words: Vec<String> = wanted.flatten().collect();
        if words.is_empty() || !host.exists("/sys/fs/selinux/enforce").await? {
            return Ok(());
        }
        let path = ["dest", "path"]
            .iter()
            .find_map(|key| plan.returns.get(*key)?.as_str());
        let Some(path) = path.map(str::to_owned) else {
            return Ok(());
        };
        let now = host.query(["stat", "-c", "%C", &path]).await?;
        let now = now.text();
        // A file that is written anew gets what the policy says.
        if plan.is_empty() && self.is(&now) {
            return Ok(());
        }
        let diff = Diff::text(&path, now.trim(), words.join(" "));
        let argv = ["chcon".to_owned(), "-h".into()].into_iter().chain(words);
        let command = Command::new(argv.chain([path.clone()]));
        plan.act_with(
            format!("set the context of {path}"),
            diff,
            async move |host: Host| {
                host.check(command).await?;
                Ok(Returns::new())
            },
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, probe, told};
    use k8sbm_core::connection::FakeHost;

    const YAML: &str = "{content: a, dest: /etc/a, setype: etc_t}";

    #[tokio::test]
    async fn a_context_counts_where_there_is_selinux() {
        let bare = FakeHost::new().file("/etc/a", "a");
        assert_eq!(told(&probe(bare, Desk::default()), "copy", YAML).await, "");
        let host = |context: &'static str| {
            let host = FakeHost::new()
                .file("/etc/a", "a")
                .file("/sys/fs/selinux/enforce", "1")
                .query(["stat", "-c", "%C", "/etc/a"], context);
            probe(host, Desk::default())
        };
        let right = host("system_u:object_r:etc_t:s0\n");
        assert_eq!(told(&right, "copy", YAML).await, "");
        insta::assert_snapshot!(told(&host("system_u:object_r:tmp_t:s0\n"), "copy", YAML).await, @r"
        set the context of /etc/a
        - system_u:object_r:tmp_t:s0
        + -t etc_t
        ");
    }
}
