//! Measures k8sbm by the integration tests of ansible-core: `conformance [--check | --write] [TARGET...]`; or another
//! `ansible-playbook`, to compare with: `conformance --reference=PATH [TARGET...]`.

use k8sbm_tests::{
    conformance::{Page, Program, Suite, Target, Trial, Verdict},
    program,
};
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
};

fn main() -> ExitCode {
    let (flags, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|word| word.starts_with('-'));
    let (check, write) = (
        flags.contains(&"--check".into()),
        flags.contains(&"--write".into()),
    );
    let reference = flags.iter().find_map(|it| it.strip_prefix("--reference="));
    if reference.is_some() && (check || write) {
        tell("the page tells of k8sbm: `--reference` goes with neither `--check` nor `--write`");
        return ExitCode::FAILURE;
    }
    let measured = match reference.map(fs::canonicalize) {
        None => Program::K8sbm,
        Some(Ok(path)) => Program::Ansible(path),
        Some(Err(error)) => {
            tell(&format!("there is nothing to compare with: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let root = Path::new(program::ROOT);
    let cache = root.join("target/conformance");
    let suite = match Suite::fetch(&cache) {
        Ok(suite) => suite,
        Err(reason) => {
            tell(&format!(
                "SKIPPED: the tests of ansible-core cannot be fetched: {reason}"
            ));
            return ExitCode::SUCCESS;
        }
    };
    let chosen: Vec<Target> = Target::all()
        .into_iter()
        .filter(|target| names.is_empty() || names.contains(&target.name))
        .collect();
    let trials = run(&suite, &chosen, &measured, &cache.join("results"));
    let page = Page::of(&trials);
    let asserts: usize = trials.iter().map(|trial| trial.asserts.all).sum();
    tell(&format!(
        "{} of {} targets passed, {} of {asserts} asserts held",
        page.passed(),
        trials.len(),
        page.held()
    ));
    let path = root.join("docs/conformance.md");
    let earlier = Page::read(&fs::read_to_string(&path).unwrap_or_default());
    let mut fallen = page.fallen_since(&earlier);
    if check && !fallen.is_empty() {
        // Some targets are about time: what fell on a busy machine has a second try.
        let again: Vec<Target> = chosen
            .into_iter()
            .filter(|target| {
                fallen
                    .iter()
                    .any(|line| line.starts_with(&format!("`{}`", target.name)))
            })
            .collect();
        fallen = Page::of(&run(&suite, &again, &measured, &cache.join("results")))
            .fallen_since(&earlier);
    }
    for line in fallen.iter().filter(|_| reference.is_none()) {
        tell(&format!("fallen: {line}"));
    }
    if write && names.is_empty() {
        fs::write(&path, Page::text(&trials)).expect("the page can be written");
    }
    if check && !fallen.is_empty() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Runs targets, as many at once as there are processors, and keeps what each printed.
fn run(suite: &Suite, targets: &[Target], measured: &Program, results: &Path) -> Vec<Trial> {
    program::path();
    fs::create_dir_all(results).expect("results have a folder");
    let left = Mutex::new(targets.iter());
    let ended = Mutex::new(Vec::new());
    let lock = |trials: &Mutex<Vec<Trial>>, trial: Trial| {
        trials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(trial);
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(target) = next else { break };
                    let trial = Trial::run(suite, target, measured);
                    let log = results.join(format!("{}.log", target.name));
                    fs::write(log, &trial.log).expect("results can be written");
                    tell(&line(&trial));
                    lock(&ended, trial);
                }
            });
        }
    });
    let mut trials: Vec<Trial> = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    trials.sort_by(|a, b| (a.target.tier, &a.target.name).cmp(&(b.target.tier, &b.target.name)));
    trials
}

fn line(trial: &Trial) -> String {
    let verdict = match trial.verdict {
        Verdict::Passed => "pass".to_owned(),
        Verdict::Failed(code) => format!("rc {code}"),
        Verdict::Late => "late".to_owned(),
    };
    format!(
        "{verdict:5} {:2} {:32} {:>3}/{:<3} {:5.1} s",
        trial.target.tier.to_string(),
        trial.target.name,
        trial.asserts.passed,
        trial.asserts.all,
        trial.took.as_secs_f64()
    )
}

/// One line on standard output; a reader that has gone is no error.
fn tell(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}
