//! Lookups over files, commands and the inventory.

use crate::{
    controller::LocalController,
    node::{Node, Source, load_one},
    template::{Compat, Engine, fixture::text},
    value::{python_repr, to_json},
    vars::{HostVars, Layer, Level, Magic, Names, Scope, Store},
};
use std::{fs, path::Path, sync::Arc};

/// A host whose files are looked for in `folder`.
fn scope(folder: &Path) -> Scope {
    let controller = LocalController::new([
        ("HOME".to_owned(), "/home/me".to_owned()),
        ("PATH".to_owned(), "/bin:/usr/bin".to_owned()),
    ]);
    let engine = Arc::new(Engine::new(Compat::V2_19, Arc::new(controller)));
    let store = Arc::new(Store::new(
        engine,
        Arc::new(Layer::new(Level::Extra, "extra vars", Names::new())),
    ));
    for name in ["node1", "node2", "db1"] {
        store.add_host(Arc::new(HostVars::new(name, Arc::new([]), Arc::new([]))));
    }
    let group =
        |names: &[&str]| -> Arc<[Arc<str>]> { names.iter().map(|name| (*name).into()).collect() };
    store.set_groups(
        [
            ("nodes".into(), group(&["node1", "node2"])),
            ("db".into(), group(&["db1"])),
        ]
        .into_iter()
        .collect(),
    );
    let host = store.host(0).unwrap();
    let magic = Magic::new(None).with("playbook_dir", folder.to_string_lossy().into_owned());
    Scope::new(&store, &host)
        .with_magic(Arc::new(magic))
        .with_search(Arc::new([folder.to_owned()]))
}

fn shown(scope: &Scope, folder: &Path, expression: &str) -> String {
    let given = match scope
        .store()
        .engine
        .value(&text(&format!("{{{{ {expression} }}}}")), scope)
    {
        Ok(value) => to_json(&value).to_string(),
        Err(error) => format!("error: {error}"),
    };
    format!(
        "{expression}: {}\n",
        given.replace(&folder.to_string_lossy().into_owned(), "/play")
    )
}

#[test]
fn values_in_files_are_looked_up_by_terms_with_options() {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in [
        (
            "app.ini",
            "[DEFAULT]\nhome = /srv\n[web]\nroot = %(home)s/www\nfull = 100%%\nbare = 1%\nPort = 80\n",
        ),
        ("twice.ini", "[a]\nname = x\nNAME = y\n"),
        ("alone.ini", "[a]\nskip\nname = x\n"),
        ("app.properties", "key.one: 1\nkey two = 2\n"),
        (
            "people.csv",
            "\"\"\"The Rock\"\" Johnson\",Dwayne\nSmith,Jane\n",
        ),
    ] {
        fs::write(dir.path().join(name), content).unwrap();
    }
    let scope = scope(dir.path());
    let all: String = [
        "lookup('ini', 'root', section='web', file='app.ini')",
        "lookup('ini', 'full section=web file=app.ini')",
        "lookup('ini', 'bare section=web file=app.ini')",
        "lookup('ini', 'bare section=web file=app.ini interpolation=false')",
        "lookup('ini', 'key two    type=properties file=app.properties')",
        "lookup('ini', 'name', section='a', file='twice.ini')",
        "lookup('ini', 'NAME', section='a', file='twice.ini', case_sensitive=true)",
        "lookup('ini', 'name', section='a', file='alone.ini')",
        "query('ini', 'skip', section='a', file='alone.ini', allow_none=true)",
        "lookup('ini', 'name', section='b', file='app.ini')",
        "lookup('ini', 'file=app.ini', 'name')",
        "lookup('ini', 'name sektion=web')",
        "lookup('ini', 'root', section='web', file='app.ini', interpolation='perhaps')",
        "lookup('csvfile', '\"The Rock\" Johnson file=people.csv delimiter=,')",
        "lookup('csvfile', 'Nobody', file='people.csv', delimiter=',', default=['a', 'b'])",
        "query('csvfile', 'Nobody', file='people.csv', delimiter=',')",
        "lookup('csvfile', 'Smith file=people.csv delimiter=, col=1,')",
        "lookup('csvfile', 'file=people.csv')",
        "lookup('csvfile', file='people.csv')",
        "lookup('csvfile', 'Smith kol=1')",
    ]
    .iter()
    .map(|expression| shown(&scope, dir.path(), expression))
    .collect();
    insta::assert_snapshot!(all, @r#"
    lookup('ini', 'root', section='web', file='app.ini'): "/srv/www"
    lookup('ini', 'full section=web file=app.ini'): "100%"
    lookup('ini', 'bare section=web file=app.ini'): error: site.yml:1:4: "1%" in 'app.ini': '%' must be followed by '%' or '('; `interpolation=false` takes it as it is
    lookup('ini', 'bare section=web file=app.ini interpolation=false'): "1%"
    lookup('ini', 'key two    type=properties file=app.properties'): "2"
    lookup('ini', 'name', section='a', file='twice.ini'): error: site.yml:1:4: Duplicate option in 'twice.ini'
    lookup('ini', 'NAME', section='a', file='twice.ini', case_sensitive=true): "y"
    lookup('ini', 'name', section='a', file='alone.ini'): error: site.yml:1:4: "skip" has no value, which `allow_no_value` would allow, in 'alone.ini'
    query('ini', 'skip', section='a', file='alone.ini', allow_none=true): []
    lookup('ini', 'name', section='b', file='app.ini'): error: site.yml:1:4: No section 'b' in 'app.ini'.
    lookup('ini', 'file=app.ini', 'name'): error: site.yml:1:4: No key to look up was provided as first term within string inline options: file=app.ini
    lookup('ini', 'name sektion=web'): error: site.yml:1:4: 'name sektion' is not a valid option; the lookup ini takes allow_no_value, allow_none, case_sensitive, default, encoding, file, interpolation, re, section, type
    lookup('ini', 'root', section='web', file='app.ini', interpolation='perhaps'): error: site.yml:1:4: option 'interpolation' has an invalid value: perhaps
    lookup('csvfile', '"The Rock" Johnson file=people.csv delimiter=,'): "Dwayne"
    lookup('csvfile', 'Nobody', file='people.csv', delimiter=',', default=['a', 'b']): "a,b"
    query('csvfile', 'Nobody', file='people.csv', delimiter=','): []
    lookup('csvfile', 'Smith file=people.csv delimiter=, col=1,'): error: site.yml:1:4: option 'col' has an invalid value: "1," is no whole number
    lookup('csvfile', 'file=people.csv'): error: site.yml:1:4: Search key is required but was not found: name it first in the term
    lookup('csvfile', file='people.csv'): error: site.yml:1:4: Search key is required but was not found: name it first in the term
    lookup('csvfile', 'Smith kol=1'): error: site.yml:1:4: 'kol' is not a valid option; the lookup csvfile takes col, default, delimiter, encoding, file, keycol
    "#);
}

#[test]
fn files_are_found_along_the_search_path() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    for (name, content) in [
        ("files/motd", "  hello\n\n"),
        ("files/a.conf", "a"),
        ("files/b.conf", "b"),
        (
            "templates/t.j2",
            "{{ inventory_hostname }} {{ x | default('-') }}\n",
        ),
        ("vars/Debian.yml", "x: 1"),
        (
            "files/app.ini",
            "[web]\nPort = 80\nname: site\n[db]\nport=5432\n",
        ),
        ("files/users.csv", "ann,1,\"a, b\"\nbob,2,c\n"),
        ("files/tree/etc/x.conf", "x"),
    ] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let scope = scope(folder);
    let all: String = [
        "lookup('file', 'motd')",
        "lookup('file', 'motd', rstrip=false, lstrip=true)",
        "lookup('file', 'nope')",
        "lookup('file', 'a.conf', 'b.conf')",
        "query('fileglob', '*.conf')",
        "query('fileglob', '*.none')",
        "lookup('first_found', ['nope.yml', 'Debian.yml'])",
        "lookup('first_found', {'files': ['x.yml', 'Debian.yml'], 'paths': ['vars']})",
        "lookup('first_found', 'nope.yml')",
        "query('first_found', ['nope.yml'], skip=true)",
        "lookup('template', 't.j2')",
        "lookup('template', 't.j2', template_vars={'x': 5})",
        "lookup('ini', 'port', section='db', file='app.ini')",
        "lookup('ini', 'port section=web file=app.ini')",
        "lookup('ini', 'none', section='web', file='app.ini', default='d')",
        "query('ini', '.*', section='web', file='app.ini', re=true)",
        "lookup('csvfile', 'bob', file='users.csv', delimiter=',', col=2)",
        "lookup('csvfile', 'ann file=users.csv delimiter=, col=2')",
        "query('filetree', 'tree') | map(attribute='path') | list",
        "query('filetree', 'tree') | selectattr('state', 'eq', 'file') | map(attribute='src') | list",
        "lookup('env', 'HOME')",
        "'~/x' | expanduser",
        "'$HOME/${HOME}/$NO' | expandvars",
        "lookup('pipe', 'pwd')",
        "lookup('pipe', 'exit 3')",
        "lookup('pipe', 'exit 3', errors='ignore')",
        "query('inventory_hostnames', 'nodes:!node2')",
        "query('inventory_hostnames', 'all')",
        "query('inventory_hostnames', 'node*')",
        "lookup('url', 'http://x')",
        "lookup('fille', 'x')",
        "'/play/files' is directory",
    ]
    .iter()
    .map(|expression| shown(&scope, folder, expression))
    .collect();
    insta::assert_snapshot!(all, @r#"
        lookup('file', 'motd'): "  hello"
        lookup('file', 'motd', rstrip=false, lstrip=true): "hello\n\n"
        lookup('file', 'nope'): error: site.yml:1:4: there is no file "nope" in /play/files, /play
        lookup('file', 'a.conf', 'b.conf'): "a,b"
        query('fileglob', '*.conf'): ["/play/files/a.conf","/play/files/b.conf"]
        query('fileglob', '*.none'): []
        lookup('first_found', ['nope.yml', 'Debian.yml']): "/play/vars/Debian.yml"
        lookup('first_found', {'files': ['x.yml', 'Debian.yml'], 'paths': ['vars']}): "/play/vars/Debian.yml"
        lookup('first_found', 'nope.yml'): error: site.yml:1:4: none of these files exists: nope.yml
        query('first_found', ['nope.yml'], skip=true): []
        lookup('template', 't.j2'): "node1 -\n"
        lookup('template', 't.j2', template_vars={'x': 5}): "node1 5\n"
        lookup('ini', 'port', section='db', file='app.ini'): "5432"
        lookup('ini', 'port section=web file=app.ini'): "80"
        lookup('ini', 'none', section='web', file='app.ini', default='d'): "d"
        query('ini', '.*', section='web', file='app.ini', re=true): ["80","site"]
        lookup('csvfile', 'bob', file='users.csv', delimiter=',', col=2): "c"
        lookup('csvfile', 'ann file=users.csv delimiter=, col=2'): "a, b"
        query('filetree', 'tree') | map(attribute='path') | list: ["etc","etc/x.conf"]
        query('filetree', 'tree') | selectattr('state', 'eq', 'file') | map(attribute='src') | list: ["/play/files/tree/etc/x.conf"]
        lookup('env', 'HOME'): "/home/me"
        '~/x' | expanduser: "/home/me/x"
        '$HOME/${HOME}/$NO' | expandvars: "/home/me//home/me/$NO"
        lookup('pipe', 'pwd'): "/play"
        lookup('pipe', 'exit 3'): error: site.yml:1:4: "exit 3" ended with 3: 
        lookup('pipe', 'exit 3', errors='ignore'): null
        query('inventory_hostnames', 'nodes:!node2'): ["node1"]
        query('inventory_hostnames', 'all'): ["node1","node2","db1"]
        query('inventory_hostnames', 'node*'): ["node1","node2"]
        lookup('url', 'http://x'): error: site.yml:1:4: the lookup url is not supported; fetch the text with the uri or get_url module and register it
        lookup('fille', 'x'): error: site.yml:1:4: there is no lookup `fille` (did you mean `file`?)
        '/play/files' is directory: false
        "#);
}

#[test]
fn passwords_are_made_once_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let scope = scope(dir.path());
    let first = shown(
        &scope,
        dir.path(),
        "lookup('password', 'secrets/db length=12 chars=digits')",
    );
    let second = shown(
        &scope,
        dir.path(),
        "lookup('password', 'secrets/db length=12 chars=digits')",
    );
    assert_eq!(first, second);
    let kept = fs::read_to_string(dir.path().join("secrets/db")).unwrap();
    assert!(
        kept.trim_end().len() == 12
            && kept
                .trim_end()
                .chars()
                .all(|letter| letter.is_ascii_digit()),
        "{kept:?}"
    );
    let word = "lookup('password', '/dev/null length=30')";
    assert_ne!(
        shown(&scope, dir.path(), word),
        shown(&scope, dir.path(), word)
    );
    let hashed = shown(
        &scope,
        dir.path(),
        "lookup('password', 'secrets/db', encrypt='sha256_crypt')",
    );
    assert!(hashed.contains("$5$rounds=535000$"), "{hashed}");
    assert_eq!(
        hashed,
        shown(
            &scope,
            dir.path(),
            "lookup('password', 'secrets/db', encrypt='sha256_crypt')"
        )
    );
}

#[test]
fn with_loops_take_their_terms_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let scope = scope(dir.path());
    let items = |kind: &str, yaml: &str| {
        let source = Arc::new(Source {
            name: "site.yml".into(),
            text: yaml.into(),
        });
        let node: Node = load_one(&source).unwrap();
        match scope.store().engine.with_items(kind, &node, &scope) {
            Ok(items) => format!(
                "{kind}: {}\n",
                items.iter().map(python_repr).collect::<Vec<_>>().join(" ")
            ),
            Err(error) => format!("{kind}: error: {error}\n"),
        }
    };
    let shown = [
        items("items", "[1, [2, 3], [[4]]]"),
        items("items", "'{{ [inventory_hostname, 2] }}'"),
        items("items", "one"),
        items("dict", "{a: 1, b: '{{ inventory_hostname }}'}"),
        items("nested", "[[a, b], [1, 2]]"),
        items("together", "[[a, b], [1]]"),
        items("sequence", "start=1 end=3 format=n%02d"),
        items("sequence", "count=2"),
        items("subelements", "[[{n: x, l: [1, 2]}, {n: y, l: []}], l]"),
        items("indexed_items", "[a, b]"),
        items("flattened", "[1, [2, [3]]]"),
        items(
            "first_found",
            "[{files: ['{{ nope }}.yml', none.yml], skip: true}]",
        ),
        items("first_found", "['{{ nope }}.yml', none.yml]"),
        items("nonsense", "1"),
        items("items", "'{{ nope }}'"),
    ];
    insta::assert_snapshot!(shown.concat(), @"
    items: 1 2 3 [4]
    items: 'node1' 2
    items: 'one'
    dict: {'key': 'a', 'value': 1} {'key': 'b', 'value': 'node1'}
    nested: ['a', 1] ['a', 2] ['b', 1] ['b', 2]
    together: ['a', 1] ['b', None]
    sequence: 'n01' 'n02' 'n03'
    sequence: '1' '2'
    subelements: [{'n': 'x'}, 1] [{'n': 'x'}, 2]
    indexed_items: [0, 'a'] [1, 'b']
    flattened: 1 2 3
    first_found: 
    first_found: error: site.yml:1:1: none of these files exists: none.yml
    nonsense: error: site.yml:1:1: there is no lookup `nonsense`
    items: error: site.yml:1:5: 'nope' is undefined
    ");
}
