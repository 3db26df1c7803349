//! Whether members may leave etcd.

use super::Member;
use k8sbm_core::{
    host::Output,
    task::{Error, Result},
};
use serde::Deserialize;

/// Whether an endpoint answers, as etcdctl says it.
#[derive(Deserialize)]
struct Health {
    endpoint: String,
    health: bool,
}

/// Reads which endpoints are healthy, as `etcdctl endpoint health -w json` printed it; one that is dead makes it exit
/// with 1.
pub(crate) fn healthy(output: &Output) -> Result<Vec<String>> {
    let all: Vec<Health> = serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = output.error_text();
        Error::failed(format!(
            "etcd does not say which members are healthy: {}",
            said.trim()
        ))
    })?;
    let healthy = all.into_iter().filter(|it| it.health);
    Ok(healthy.map(|it| it.endpoint).collect())
}

/// Refuses what would cost etcd its majority when all of these members leave, one after another, in whatever order.
/// Of what is allowed and leaves etcd weaker, a warning.
///
/// # Errors
/// When those that stay and are healthy would be too few.
pub(crate) fn may_leave(
    all: &[Member],
    leaves: impl Fn(&Member) -> bool,
    healthy: &[String],
) -> Result<Option<String>> {
    let voters = all.iter().filter(|it| !it.learner);
    let (going, staying): (Vec<_>, Vec<_>) = voters.partition(|it| leaves(it));
    if going.is_empty() {
        return Ok(None);
    }
    let is_well = |member: &&&Member| member.clients.iter().any(|it| healthy.contains(it));
    let (stay, well) = (staying.len(), staying.iter().filter(is_well).count());
    let alone = stay / 2 + 1;
    // While several leave, each of them counts until it has left.
    let needed = if going.len() == 1 {
        alone
    } else {
        (stay + going.len()) / 2 + 1
    };
    if well < needed {
        let mut names: Vec<_> = going.iter().map(|it| format!("`{}`", it.name)).collect();
        names.sort_unstable();
        let hint = if well >= alone {
            "only a minority of the members can leave at once: remove fewer, and the others in a run of their own"
        } else {
            "mend or remove the members that are not healthy first"
        };
        return Err(Error::failed(format!(
            "without {}, etcd would have {}, of which {well} are healthy, and {needed} are needed",
            names.join(", "),
            members(stay)
        ))
        .hint(hint));
    }
    let spare = (stay - 1) / 2;
    let weak = stay.is_multiple_of(2) || spare == 0;
    let none = || "none can be lost".to_owned();
    Ok(weak.then(|| {
        let lost = if spare == 0 {
            none()
        } else {
            format!("{spare} can be lost, as with {}", stay - 1)
        };
        format!(
            "etcd will have {}, of which {lost}: let another come soon",
            members(stay)
        )
    }))
}

fn members(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} member{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Member {
        Member {
            id: 1,
            name: name.into(),
            peers: Vec::new(),
            clients: vec![format!("https://{name}:2379")],
            learner: false,
        }
    }

    /// What is said when those in capitals leave; who is dead has a cross.
    fn said(all: &str) -> String {
        let (mut every, mut healthy) = (Vec::new(), Vec::new());
        for word in all.split(' ') {
            let name = word.trim_end_matches('x');
            every.push(member(name));
            if name == word {
                healthy.push(format!("https://{name}:2379"));
            }
        }
        let leaves = |it: &Member| it.name.chars().all(char::is_uppercase);
        match may_leave(&every, leaves, &healthy) {
            Ok(warning) => warning.unwrap_or_default(),
            Err(error) => format!("{} ({})", error.message, error.hint.unwrap_or_default()),
        }
    }

    #[test]
    fn the_majority_of_those_that_stay_must_be_healthy() {
        assert_eq!(said("a b c D"), "");
        assert_eq!(said("a b c Dx"), "");
        insta::assert_snapshot!(said("a b C"), @"etcd will have 2 members, of which none can be lost: let another come soon");
        insta::assert_snapshot!(said("a bx C"), @"without `C`, etcd would have 2 members, of which 1 are healthy, and 2 are needed (mend or remove the members that are not healthy first)");
        insta::assert_snapshot!(said("a B"), @"etcd will have 1 member, of which none can be lost: let another come soon");
        insta::assert_snapshot!(said("A"), @"without `A`, etcd would have 0 members, of which 0 are healthy, and 1 are needed (mend or remove the members that are not healthy first)");
        insta::assert_snapshot!(said("a b c d E"), @"etcd will have 4 members, of which 1 can be lost, as with 3: let another come soon");
    }

    #[test]
    fn those_that_leave_together_are_judged_together() {
        assert_eq!(said("a b c D E"), "");
        assert_eq!(said("a b c Dx Ex"), "");
        insta::assert_snapshot!(said("a B C"), @"without `B`, `C`, etcd would have 1 member, of which 1 are healthy, and 2 are needed (only a minority of the members can leave at once: remove fewer, and the others in a run of their own)");
        insta::assert_snapshot!(said("a b cx D E"), @"without `D`, `E`, etcd would have 3 members, of which 2 are healthy, and 3 are needed (only a minority of the members can leave at once: remove fewer, and the others in a run of their own)");
        insta::assert_snapshot!(said("a b C D"), @"without `C`, `D`, etcd would have 2 members, of which 2 are healthy, and 3 are needed (only a minority of the members can leave at once: remove fewer, and the others in a run of their own)");
    }

    #[test]
    fn a_learner_has_no_vote_to_lose() {
        let mut learner = member("L");
        learner.learner = true;
        let all = [member("a"), learner];
        assert_eq!(may_leave(&all, |it| it.name == "L", &[]).unwrap(), None);
    }

    #[test]
    fn a_dead_member_is_no_failure_of_the_question() {
        let output = Output {
            status: 1,
            stdout: br#"[{"endpoint":"https://a:2379","health":true,"took":"2ms"},{"endpoint":"https://b:2379","health":false,"took":"5s","error":"context deadline exceeded"}]"#.to_vec(),
            ..Output::default()
        };
        assert_eq!(healthy(&output).unwrap(), ["https://a:2379"]);
    }
}
