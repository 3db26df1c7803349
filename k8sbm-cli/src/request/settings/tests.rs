use super::*;

fn settings(how: HowArgs, environment: Environment) -> Result<Settings, Trouble> {
    Settings::new(&how, Asked::default(), &environment, &Terminal::none())
}

#[test]
fn flags_win_over_the_environment() {
    let environment = || {
        Environment::from([
            ("ANSIBLE_FORKS", "7"),
            ("ANSIBLE_REMOTE_USER", "env"),
            ("ANSIBLE_HOST_KEY_CHECKING", "False"),
            ("ANSIBLE_RUN_TAGS", "a,b"),
            ("K8SBM_COMPAT", "2.18"),
        ])
    };
    let plain = settings(HowArgs::default(), environment()).unwrap();
    assert_eq!(plain.options.forks, 7);
    assert_eq!(plain.options.remote_user.as_deref(), Some("env"));
    assert!(!plain.options.host_key_checking);
    assert_eq!(plain.options.tags, ["a", "b"]);
    assert_eq!(plain.compat, Some(Compat::V2_18));
    let mut how = HowArgs {
        forks: Some(3),
        tags: vec!["c".into()],
        compat: Some(CompatArg::V2_19),
        ..HowArgs::default()
    };
    how.connection.user = Some("flag".into());
    how.connection.ssh_common_args = Some("-J bastion".into());
    how.connection.ssh_extra_args = Some("-v".into());
    let flagged = settings(how, environment()).unwrap();
    assert_eq!(flagged.options.forks, 3);
    assert_eq!(flagged.options.remote_user.as_deref(), Some("flag"));
    assert_eq!(
        flagged.options.ssh_common_args.as_deref(),
        Some("-J bastion -v")
    );
    assert_eq!(flagged.options.tags, ["c"]);
    assert_eq!(flagged.compat, Some(Compat::V2_19));
}

#[test]
fn conditions_that_are_not_boolean_are_allowed_as_in_ansible() {
    let compat = |set: &str| {
        let environment = Environment::from([("ANSIBLE_ALLOW_BROKEN_CONDITIONALS", set)]);
        settings(HowArgs::default(), environment).unwrap().compat
    };
    assert_eq!(compat("1"), Some(Compat::V2_18));
    assert_eq!(compat("no"), Some(Compat::V2_19));
}

#[test]
fn facts_are_kept_where_the_configuration_says() {
    let told = |environment| settings(HowArgs::default(), environment).map(|it| it.options);
    assert!(told(Environment::default()).unwrap().fact_cache.is_none());
    let named = Environment::from([
        ("ANSIBLE_GATHERING", "smart"),
        ("ANSIBLE_CACHE_PLUGIN", "jsonfile"),
        ("HOME", "/home/me"),
        ("ANSIBLE_CACHE_PLUGIN_CONNECTION", "~/facts"),
        ("ANSIBLE_CACHE_PLUGIN_TIMEOUT", "0"),
    ]);
    let options = told(named).unwrap();
    assert_eq!(options.gathering, Gathering::Smart);
    let cache = options.fact_cache.unwrap();
    assert_eq!(cache.directory, PathBuf::from("/home/me/facts"));
    assert_eq!((cache.lifetime, cache.flush), (None, false));
    let nowhere = told(Environment::from([("ANSIBLE_CACHE_PLUGIN", "jsonfile")]));
    let message = &nowhere.err().unwrap().diagnostics[0].message;
    assert!(message.contains("needs a directory"), "{message}");
    let others = Environment::from([("ANSIBLE_CACHE_PLUGIN", "community.general.redis")]);
    assert!(told(others).unwrap().fact_cache.is_none());
}

#[test]
fn what_cannot_be_done_is_refused() {
    let mut how = HowArgs::default();
    how.connection.ask_become_pass = true;
    let trouble = settings(how, Environment::default()).err().unwrap();
    assert!(trouble.diagnostics[0].message.contains("nobody is there"));
    let mut how = HowArgs::default();
    how.connection.ask_pass = true;
    let trouble = settings(how, Environment::default()).err().unwrap();
    assert_eq!(trouble.exit.code(), 2);
}
