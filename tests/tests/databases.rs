//! Databases on hosts of their own: replicas follow a primary, and one of them takes its place.

use k8sbm_tests::{
    fleet::{self, Suite},
    hosts::Hosts,
};

const POSTGRESQL: &str = r#"
[postgresql]
db1
db2
db3

[postgresql:vars]
postgresql_replication_password='a:b\c"d'
postgresql_networks=["NETWORK.0/24"]
postgresql_users=[{"name": "app", "password": "it's secret"}]
postgresql_databases=[{"name": "app", "owner": "app"}]
"#;

const SUPERUSER: &str =
    "runuser -u postgres -- psql --quiet --tuples-only --no-align app --command";

#[test]
fn postgresql_outlives_its_primary() {
    let hosts = match Hosts::acquire(3, "db", Suite::Bookworm, POSTGRESQL) {
        Ok(hosts) => hosts,
        Err(reason) => return fleet::skip(&reason),
    };
    let ask = |host: &str, sql: &str| {
        let asked = hosts.fleet.exec(host, &format!("{SUPERUSER} \"{sql}\""));
        asked.trim().to_owned()
    };
    hosts.run("databases", &[]);
    hosts.quiet("databases", &[]);
    let following = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
    assert_eq!(ask("db1", following), "2");

    // Users come by the network, encrypted and with a password; nobody else does.
    let login = |options: &str| {
        let address = hosts.fleet.host("db1").address;
        let login = format!(
            "psql \"host={address} dbname=app user=app {options}\" --command 'CREATE TABLE IF NOT EXISTS kept (line text)'"
        );
        hosts.fleet.try_exec("db3", &login).status.success()
    };
    assert!(login("password='it\\'s secret'"));
    assert!(!login("password=other"));
    assert!(!login("password='it\\'s secret' sslmode=disable"));
    ask("db1", "INSERT INTO kept VALUES ('before')");
    hosts.until("db3", &format!("{SUPERUSER} 'TABLE kept'"), "before");

    hosts.fleet.kill("db1");
    let second = ["-e", "postgresql_primary=db2"];
    let promote = |flags: &[&str]| {
        let all = [&second, &["--limit", "!db1"], flags].concat();
        hosts.told("promote-postgresql", &all)
    };
    assert!(!promote(&[]).success, "promoted, though nobody confirmed");
    promote(&["-e", "confirm=db2"]).expect_success("the promotion");
    ask("db2", "INSERT INTO kept VALUES ('after')");
    let both = format!("{SUPERUSER} 'TABLE kept'");
    hosts.until("db3", &both, "before\nafter");

    // What was the primary comes back only when it is told to, and as a replica.
    hosts.fleet.start("db1");
    let refused = hosts.told("databases", &second);
    assert!(refused.ended("failed").any(|end| end.host == "db1"));
    let rebuild = [&second[..], &["-e", "postgresql_rebuild=db1"]].concat();
    hosts.run("databases", &rebuild);
    hosts.until("db1", &both, "before\nafter");
    hosts.quiet("databases", &second);
    assert_eq!(ask("db2", following), "2");
}

const MYSQL: &str = r#"
[mysql]
db1
db2
db3

[mysql:vars]
mysql_replication_password='a:b\c"d'
mysql_networks=["NETWORK.0/24"]
mysql_users=[{"name": "app", "password": "it's secret"}]
mysql_databases=[{"name": "app", "owner": "app"}]
"#;

#[test]
fn mysql_outlives_its_primary() {
    let hosts = match Hosts::acquire(3, "db", Suite::Trixie, MYSQL) {
        Ok(hosts) => hosts,
        Err(reason) => return fleet::skip(&reason),
    };
    let root = "mariadb --skip-column-names app --execute";
    let ask = |host: &str, sql: &str| hosts.fleet.exec(host, &format!("{root} \"{sql}\""));
    hosts.run("databases", &[]);
    hosts.quiet("databases", &[]);

    // Users come by the network, encrypted and with a password; nobody else does.
    let login = |password: &str, options: &str| {
        let address = hosts.fleet.host("db1").address;
        let login = format!(
            "MYSQL_PWD=\"{password}\" mariadb --no-defaults --host {address} --user app {options} app \
             --execute 'CREATE TABLE IF NOT EXISTS kept (line text)'"
        );
        hosts.fleet.try_exec("db3", &login).status.success()
    };
    let encrypted = "--ssl --skip-ssl-verify-server-cert";
    assert!(login("it's secret", encrypted));
    assert!(!login("other", encrypted));
    assert!(!login("it's secret", "--skip-ssl"));
    ask("db1", "INSERT INTO kept VALUES ('before')");
    let lines = format!("{root} 'SELECT * FROM kept'");
    hosts.until("db3", &lines, "before");

    hosts.fleet.kill("db1");
    let second = ["-e", "mysql_primary=db2"];
    let promote = |flags: &[&str]| {
        let all = [&second, &["--limit", "!db1"], flags].concat();
        hosts.told("promote-mysql", &all)
    };
    assert!(!promote(&[]).success, "promoted, though nobody confirmed");
    promote(&["-e", "confirm=db2"]).expect_success("the promotion");
    ask("db2", "INSERT INTO kept VALUES ('after')");
    hosts.until("db3", &lines, "before\nafter");

    // What was the primary comes back only when it is told to, and as a replica.
    hosts.fleet.start("db1");
    let refused = hosts.told("databases", &second);
    assert!(refused.ended("failed").any(|end| end.host == "db1"));
    let rebuild = [&second[..], &["-e", "mysql_rebuild=db1"]].concat();
    hosts.run("databases", &rebuild);
    hosts.until("db1", &lines, "before\nafter");
    hosts.quiet("databases", &second);
    assert_eq!(ask("db1", "SELECT @@read_only"), "1\n");
}
