//! How the program ends: the codes of ansible-playbook.

use k8sbm_core::run::Report;
use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Ok,
    /// Something cannot be done that has to do with neither hosts nor playbooks.
    Error,
    /// What was typed makes no sense.
    Usage,
    /// A host failed.
    Failed,
    /// With `--detailed-exitcode`: something would change.
    Changes,
    /// A host could not be reached.
    Unreachable,
    /// A playbook, an inventory or a file of variables holds a mistake.
    Mistake,
    /// Somebody stopped the run, and it ended in order.
    Interrupted,
    /// Somebody stopped it twice: it was given up at once.
    Aborted,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Error => 1,
            Self::Usage | Self::Failed | Self::Changes => 2,
            Self::Unreachable | Self::Mistake => 4,
            Self::Interrupted => 99,
            Self::Aborted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An unreachable host counts more than one that failed, as ansible-playbook has it.
impl From<&Report> for Exit {
    fn from(report: &Report) -> Self {
        let any = |count: fn(&k8sbm_core::event::Recap) -> u32| {
            report.counting().any(|recap| count(recap) > 0)
        };
        if report.interrupted {
            Self::Interrupted
        } else if report.broken {
            Self::Mistake
        } else if any(|recap| recap.unreachable) {
            Self::Unreachable
        } else if any(|recap| recap.failed + recap.blocked) {
            Self::Failed
        } else {
            Self::Ok
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8sbm_core::event::Recap;

    fn exit(failed: u32, unreachable: u32) -> u8 {
        let recap = Recap {
            failed,
            unreachable,
            ..Recap::default()
        };
        let report = Report {
            recap: [("h".into(), recap)].into_iter().collect(),
            ..Report::default()
        };
        Exit::from(&report).code()
    }

    #[test]
    fn codes_are_those_of_ansible_playbook() {
        assert_eq!(exit(0, 0), 0);
        assert_eq!(exit(1, 0), 2);
        assert_eq!(exit(0, 1), 4);
        assert_eq!(exit(1, 1), 4);
        let interrupted = Report {
            interrupted: true,
            ..Report::default()
        };
        assert_eq!(Exit::from(&interrupted).code(), 99);
    }
}
