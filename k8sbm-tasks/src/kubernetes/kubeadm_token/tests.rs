use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::connection::FakeHost;

const LIST: [&str; 7] = [
    "kubeadm",
    "token",
    "list",
    "--kubeconfig",
    "/etc/kubernetes/admin.conf",
    "-o",
    "json",
];

/// As kubeadm lists tokens: one object after another.
const LISTED: &str = r#"{
    "kind": "BootstrapToken", "token": "aaaaaa.0123456789abcdef", "expires": "2999-01-01T00:00:00Z",
    "description": "for hosts that join, by k8sbm", "usages": ["authentication", "signing"],
    "groups": ["system:bootstrappers:kubeadm:default-node-token"]
}
{
    "kind": "BootstrapToken", "token": "bbbbbb.0123456789abcdef", "expires": "2001-01-01T00:00:00Z",
    "description": "mine", "usages": ["signing"]
}
"#;

fn host() -> FakeHost {
    FakeHost::new().query(LIST, LISTED)
}

#[tokio::test]
async fn a_token_that_is_good_for_long_enough_is_taken_again() {
    let host = probe(host(), Desk::default());
    let plan = plan_on(&host, "kubeadm_token", "{}").await.unwrap();
    assert!(plan.steps.is_empty());
    assert_eq!(plan.returns["token"], "aaaaaa.0123456789abcdef");
    for other in [
        "{description: mine}",
        "{groups: ['system:bootstrappers:mine']}",
        "{token: cccccc.0123456789abcdef}",
    ] {
        assert_eq!(
            told(&host, "kubeadm_token", other).await,
            "make a bootstrap token"
        );
    }
}

#[tokio::test]
async fn a_new_one_is_made_as_it_is_said() {
    let host = host().command(
        [
            "kubeadm",
            "token",
            "create",
            "--ttl",
            "30m0s",
            "--description",
            "mine",
            "--usages",
            "signing",
            "--groups",
            "system:bootstrappers:a",
            "cccccc.0123456789abcdef",
        ],
        "cccccc.0123456789abcdef\n",
    );
    let arguments = "{token: cccccc.0123456789abcdef, ttl: 30m0s, description: mine, usages: [signing],\
                      groups: ['system:bootstrappers:a']}";
    let probe = probe(host, Desk::default());
    let returns = apply_on(&probe, "kubeadm_token", arguments).await.unwrap();
    assert_eq!(returns["token"], "cccccc.0123456789abcdef");
}

#[tokio::test]
async fn a_token_is_taken_away_by_its_first_half() {
    let host = host().command(["kubeadm", "token", "delete", "bbbbbb"], "");
    let probe = probe(host, Desk::default());
    let absent = "{token: bbbbbb.0123456789abcdef, state: absent}";
    assert_eq!(
        told(&probe, "kubeadm_token", absent).await,
        "delete the token bbbbbb"
    );
    apply_on(&probe, "kubeadm_token", absent).await.unwrap();
    let unknown = "{token: zzzzzz, state: absent}";
    assert_eq!(told(&probe, "kubeadm_token", unknown).await, "");
}

#[test]
fn what_is_no_token_is_refused() {
    refusal("kubeadm_token", "{token: abc}");
    refusal("kubeadm_token", "{token: ABCDEF.0123456789abcdef}");
    refusal("kubeadm_token", "{state: absent}");
}
