//! A file for each run.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use app::lab::wire::{Run, RunHead};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::lab::problem::Problem;

/// The largest run, in bytes.
pub(in crate::lab) const LARGEST: usize = 256 * 1024;

/// How many are kept; the oldest go.
const MOST: usize = 200;

/// 16 lower-case letters and digits, so the name of a file and never a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RunId(String);

impl RunId {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let fits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(Problem::NotFound) }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The runs that are kept.
pub(in crate::lab) struct Runs {
    folder: PathBuf,
    /// The newest first.
    heads: Mutex<Vec<RunHead>>,
}

impl Runs {
    /// What is in this folder; a file that is no run is left alone.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub(in crate::lab) fn open(folder: PathBuf) -> io::Result<Self> {
        let mut heads = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            if let Some(head) = read_head(&entry?.path()) {
                heads.push(head);
            }
        }
        newest_first(&mut heads);
        Ok(Self { folder, heads: Mutex::new(heads) })
    }

    pub(super) async fn list(&self) -> Vec<RunHead> {
        self.heads.lock().await.clone()
    }

    /// As JSON.
    pub(super) async fn read(&self, id: RunId) -> Result<Option<Vec<u8>>, Problem> {
        let path = self.path(&id);
        match blocking(move || std::fs::read(path)).await {
            Ok(run) => Ok(Some(run)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Problem::Disk(error)),
        }
    }

    pub(super) async fn write(&self, id: RunId, run: &Run) -> Result<(), Problem> {
        let text = serde_json::to_vec(run).map_err(|error| Problem::Value(error.to_string()))?;
        let (path, beside) = (self.path(&id), self.folder.join(format!("{}.new", id.as_str())));
        let mut heads = self.heads.lock().await;
        // Whole or not at all.
        blocking(move || std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path)))
            .await
            .map_err(Problem::Disk)?;
        heads.retain(|head| head.id != id.as_str());
        heads.push(head(run));
        newest_first(&mut heads);
        while heads.len() > MOST {
            let Some(oldest) = heads.pop() else { break };
            let path = self.path(&RunId(oldest.id));
            // One that cannot be removed now is found, and goes, after the next start.
            let _ = blocking(move || std::fs::remove_file(path)).await;
        }
        Ok(())
    }

    /// Whether there was one.
    pub(super) async fn remove(&self, id: RunId) -> Result<bool, Problem> {
        let path = self.path(&id);
        let mut heads = self.heads.lock().await;
        match blocking(move || std::fs::remove_file(path)).await {
            Ok(()) => {
                heads.retain(|head| head.id != id.as_str());
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Problem::Disk(error)),
        }
    }

    fn path(&self, id: &RunId) -> PathBuf {
        self.folder.join(format!("{}.json", id.as_str()))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|_| Err(ErrorKind::Interrupted.into()))
}

fn read_head(path: &Path) -> Option<RunHead> {
    let id = path.file_name()?.to_str()?.strip_suffix(".json")?;
    let run: Run = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    (run.id == id && RunId::parse(id).is_ok()).then(|| head(&run))
}

fn head(run: &Run) -> RunHead {
    let verdicts = run.verdicts.iter().map(|verdict| verdict.met);
    // What is known to have failed outweighs what is still open.
    let met = if verdicts.clone().any(|met| met == Some(false)) {
        Some(false)
    } else {
        (!run.verdicts.is_empty() && verdicts.into_iter().all(|met| met == Some(true))).then_some(true)
    };
    RunHead { id: run.id.clone(), title: run.title.clone(), started: run.started, met }
}

fn newest_first(heads: &mut [RunHead]) {
    heads.sort_by(|a, b| b.started.total_cmp(&a.started));
}

#[cfg(test)]
mod tests {
    use app::lab::wire::{Switches, Verdict};

    use super::*;

    fn run(number: usize, met: &[Option<bool>]) -> Run {
        let verdict = |met: &Option<bool>| Verdict { expected: String::new(), found: String::new(), met: *met };
        Run {
            id: format!("{number:016}"),
            title: "Sign out at A".to_owned(),
            scenario: None,
            started: 1_000.0 + number as f64,
            topology: "cross-site".to_owned(),
            switches: Switches::default(),
            windows: Vec::new(),
            reports: Vec::new(),
            verdicts: met.iter().map(verdict).collect(),
        }
    }

    fn id(number: usize) -> RunId {
        RunId::parse(&format!("{number:016}")).unwrap()
    }

    #[test]
    fn an_id_is_never_a_path() {
        assert!(RunId::parse("abcdef0123456789").is_ok());
        for bad in [
            "",
            "abc",
            "../../etc/passwd",
            "abcdef012345678/",
            "ABCDEF0123456789",
            "abcdef0123456789a",
            "äbcdef012345678",
        ] {
            assert!(RunId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_run_is_as_it_should_be_if_all_of_it_is() {
        for (verdicts, met) in [
            (&[][..], None),
            (&[Some(true)], Some(true)),
            (&[Some(true), None], None),
            (&[Some(false), None], Some(false)),
            (&[Some(true), Some(false)], Some(false)),
        ] {
            assert_eq!(head(&run(1, verdicts)).met, met, "{verdicts:?}");
        }
    }

    #[tokio::test]
    async fn runs_outlive_a_restart_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let runs = Runs::open(folder.path().to_owned()).unwrap();
        for number in 0..MOST + 2 {
            runs.write(id(number), &run(number, &[])).await.unwrap();
        }
        assert_eq!(runs.list().await.len(), MOST);
        assert!(runs.read(id(1)).await.unwrap().is_none() && runs.read(id(2)).await.unwrap().is_some());

        assert!(runs.remove(id(5)).await.unwrap() && !runs.remove(id(5)).await.unwrap());
        std::fs::write(folder.path().join("notes.json"), "{}").unwrap();
        let again = Runs::open(folder.path().to_owned()).unwrap().list().await;
        assert_eq!(again, runs.list().await);
        assert_eq!((again.len(), again[0].id.as_str()), (MOST - 1, id(MOST + 1).as_str()));
    }
}
