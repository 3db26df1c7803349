use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::connection::FakeHost;

const LIST: [&str; 5] = ["etcdctl", "member", "list", "-w", "json"];
const MEMBERS: &str = r#"{"header":{},"members":[
        {"ID":17451711010425430000,"name":"a","peerURLs":["https://10.0.0.1:2380"],"clientURLs":["https://10.0.0.1:2379"]},
        {"ID":11,"name":"b","peerURLs":["https://10.0.0.2:2380"],"clientURLs":["https://10.0.0.2:2379"]},
        {"ID":12,"name":"c","peerURLs":["https://10.0.0.3:2380"],"clientURLs":[],"isLearner":true}]}"#;

const ASK: [&str; 6] = ["etcdctl", "endpoint", "health", "--cluster", "-w", "json"];
const HEALTH: &str = r#"[{"endpoint":"https://10.0.0.1:2379","health":true},{"endpoint":"https://10.0.0.2:2379","health":true}]"#;

fn host() -> FakeHost {
    FakeHost::new().query(LIST, MEMBERS).query(ASK, HEALTH)
}

async fn of(fake: FakeHost, yaml: &str) -> String {
    told(&probe(fake, Desk::default()), "etcd_member", yaml).await
}

#[tokio::test]
async fn a_new_member_is_announced_with_all_it_needs_to_start() {
    let yaml = "{name: d, peer_url: 'https://10.0.0.4:2380'}";
    insta::assert_snapshot!(of(host(), yaml).await, @r"
        run etcdctl member add d --peer-urls=https://10.0.0.4:2380 --learner
        + d https://10.0.0.4:2380, learner
        ");
    let probe = probe(host(), Desk::default());
    let plan = plan_on(&probe, "etcd_member", yaml).await.unwrap();
    assert_eq!(
        plan.returns["initial_cluster"],
        "a=https://10.0.0.1:2380,b=https://10.0.0.2:2380,c=https://10.0.0.3:2380,d=https://10.0.0.4:2380"
    );
}

#[tokio::test]
async fn one_that_is_there_stays_unless_its_data_is_gone() {
    let yaml = "{name: b, peer_url: 'https://10.0.0.2:2380', data_dir: /var/lib/etcd}";
    insta::assert_snapshot!(of(host(), yaml).await, @r"
        run etcdctl member remove b
        - b https://10.0.0.2:2380
        run etcdctl member add b --peer-urls=https://10.0.0.2:2380 --learner
        + b https://10.0.0.2:2380, learner
        ");
    assert_eq!(of(host().directory("/var/lib/etcd/member"), yaml).await, "");
    let moved = "{name: b, peer_url: 'https://10.0.0.9:2380'}";
    insta::assert_snapshot!(of(host(), moved).await, @r"
        run etcdctl member update b --peer-urls=https://10.0.0.9:2380
        - b https://10.0.0.2:2380
        + b https://10.0.0.9:2380
        ");
}

#[tokio::test]
async fn one_is_removed_by_name_or_address() {
    let told = of(host(), "{name: a, state: absent}").await;
    assert!(told.starts_with("run etcdctl member remove f"), "{told}");
    let yaml = "{peer_url: 'https://10.0.0.1:2380', state: absent}";
    assert_eq!(of(host(), yaml).await, told);
    assert_eq!(of(host(), "{name: z, state: absent}").await, "");
}

#[tokio::test]
async fn what_would_cost_the_majority_is_refused() {
    let all = "{name: a, state: absent, together_with: [a, b]}";
    insta::assert_snapshot!(of(host(), all).await, @r"
        error: without `a`, `b`, etcd would have 0 members, of which 0 are healthy, and 2 are needed
        hint: mend or remove the members that are not healthy first
        ");
    let dead = HEALTH.replace(
        "10.0.0.2:2379\",\"health\":true",
        "10.0.0.2:2379\",\"health\":false",
    );
    let fake = FakeHost::new().query(LIST, MEMBERS).query(ASK, &dead);
    insta::assert_snapshot!(of(fake, "{name: a, state: absent}").await, @r"
        error: without `a`, etcd would have 1 member, of which 0 are healthy, and 1 are needed
        hint: mend or remove the members that are not healthy first
        ");
}

#[tokio::test(start_paused = true)]
async fn a_learner_is_promoted_when_it_is_in_sync() {
    let late = "can only promote a learner member which is in sync with leader";
    let argv = ["etcdctl", "member", "promote", "c"];
    let yaml = "{name: c, state: promoted, timeout: 3}";
    let fake = host().command_fails(argv, 1, late);
    let error = apply_on(&probe(fake.clone(), Desk::default()), "etcd_member", yaml).await;
    assert!(error.unwrap_err().to_string().contains("in sync"));
    assert!(fake.ran().len() > 3);
    assert_eq!(of(host(), "{name: b, state: promoted}").await, "");
    assert!(
        of(host(), "{name: z, state: promoted}")
            .await
            .contains("is no member")
    );
}

#[test]
fn nobody_is_refused() {
    assert!(
        refusal("etcd_member", "{state: absent}")
            .message
            .contains("which member")
    );
    assert!(
        refusal("etcd_member", "{name: a}")
            .message
            .contains("peer_url")
    );
}
