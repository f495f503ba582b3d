//! Commands of an operator at the provider's data: `server provider audit`, `keys` and `sessions`. They work while the provider
//! runs.

mod keys;

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use clap::{Args, Subcommand};
pub use keys::Keys;
use provider::{Clock, Operator, ProviderConfig, SessionInfo};

use crate::StartError;
use crate::cli::{Options, PartyKind};
use crate::config::{Config, ConfigError};

/// What an operator can do beside the provider.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// The audit log: who ended what, and how each app heard
    Audit {
        /// What to do with it.
        #[command(subcommand)]
        command: Audit,
    },
    /// The signing keys
    Keys {
        /// What to do with them.
        #[command(subcommand)]
        command: Keys,
    },
    /// The sessions that sign somebody in
    Sessions {
        /// What to do with them.
        #[command(subcommand)]
        command: Sessions,
    },
}

/// What to do with the audit log.
#[derive(Clone, Debug, Subcommand)]
pub enum Audit {
    /// Write it to standard output, one JSON object a line
    Export {
        /// Begin with the entries of this time, in seconds since the Unix epoch
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        since: u32,
    },
}

/// What to do with sessions.
#[derive(Clone, Debug, Subcommand)]
pub enum Sessions {
    /// List them: what was used last comes first
    List {
        /// Only those of this user
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// End one session, or all of a user; the running provider tells their apps
    End(End),
}

/// Which sessions are to end.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct End {
    /// All sessions of this user
    #[arg(long, value_name = "NAME", required_unless_present = "session")]
    pub user: Option<String>,
    /// And what apps may do while they are away
    #[arg(long, requires = "user")]
    pub with_offline_access: bool,
    /// The session that `list` calls so
    #[arg(long, value_name = "SESSION", conflicts_with = "user")]
    pub session: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// The data cannot be used, or there is no such user or session.
pub(crate) async fn run(command: &Command, options: &Options) -> Result<(), StartError> {
    let config = Config::load(options, &[PartyKind::Provider])?;
    let config = config.provider.ok_or(StartError::Config(ConfigError::MissingTable("provider")))?;
    let data = options.data_dir.join(PartyKind::Provider.name());
    match command {
        Command::Keys { command } => say(&keys::run(*command, &config, &data)?),
        Command::Audit { command: Audit::Export { since } } => {
            beside(config, &data, async |operator| export(operator, i64::from(*since)).await).await
        }
        Command::Sessions { command: Sessions::List { user, json } } => {
            beside(config, &data, async |operator| list(operator, user.as_deref(), *json).await).await
        }
        Command::Sessions { command: Sessions::End(which) } => {
            beside(config, &data, async |operator| end(operator, which).await).await
        }
    }
}

/// Works with the database of a provider that may be running.
async fn beside(
    config: ProviderConfig,
    data: &Path,
    act: impl AsyncFnOnce(&Operator) -> Result<(), StartError>,
) -> Result<(), StartError> {
    let operator = Operator::open(config, data, Clock::system()).await.map_err(failed)?;
    let done = act(&operator).await;
    operator.close().await;
    done
}

fn failed(source: impl std::error::Error + Send + Sync + 'static) -> StartError {
    StartError::Party { party: "provider", source: Box::new(source) }
}

/// Page by page, so that a long log neither fills the memory nor holds the provider up.
async fn export(operator: &Operator, since: i64) -> Result<(), StartError> {
    let mut after = 0;
    loop {
        let entries = operator.audit_page(since, after).await.map_err(failed)?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = last.id;
        if !print(&json_lines(&entries)?)? {
            return Ok(());
        }
    }
}

async fn list(operator: &Operator, user: Option<&str>, json: bool) -> Result<(), StartError> {
    let sessions = operator.sessions(user).await.map_err(failed)?;
    let sessions = sessions.ok_or_else(|| unknown_user(user.unwrap_or_default()))?;
    say(&if json { json_lines(&sessions)? } else { table(&sessions) })
}

async fn end(operator: &Operator, which: &End) -> Result<(), StartError> {
    if let Some(session) = &which.session {
        return match operator.end_session(session).await.map_err(failed)? {
            true => say("ended 1 session; the running provider tells its apps\n"),
            false => Err(StartError::Operator(format!("there is no session `{session}`, or it has ended"))),
        };
    }
    let user = which.user.as_deref().unwrap_or_default();
    let ended = operator.end_sessions_of(user, which.with_offline_access).await.map_err(failed)?;
    let ended = ended.ok_or_else(|| unknown_user(user))?;
    let plural = if ended == 1 { "" } else { "s" };
    say(&format!("ended {ended} session{plural}; the running provider tells the apps\n"))
}

fn unknown_user(user: &str) -> StartError {
    StartError::Operator(format!("`{user}` has never signed in"))
}

fn json_lines(values: &[impl serde::Serialize]) -> Result<String, StartError> {
    let mut lines = String::new();
    for value in values {
        lines.push_str(&serde_json::to_string(value).map_err(failed)?);
        lines.push('\n');
    }
    Ok(lines)
}

fn table(sessions: &[SessionInfo]) -> String {
    let width = sessions.iter().map(|session| session.user.chars().count()).max().unwrap_or_default().max(4);
    let mut table =
        format!("{:<12}  {:<width$}  {:<20}  {:<20}  {}\n", "SESSION", "USER", "SINCE", "LAST USED", "APPS");
    for session in sessions {
        let (since, last_used) = (date(session.since), date(session.last_used));
        let apps = session.apps.join(", ");
        // Writing to a string does not fail.
        let _ =
            writeln!(table, "{:<12}  {:<width$}  {since:<20}  {last_used:<20}  {apps}", session.session, session.user);
    }
    table
}

fn date(seconds: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).ok();
    let text = time.and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok());
    text.unwrap_or_else(|| seconds.to_string())
}

fn say(text: &str) -> Result<(), StartError> {
    print(text).map(drop)
}

/// Whether somebody still reads: who has seen enough, such as `head`, closes the pipe. What cannot be written for another
/// reason is lost, and whoever keeps it must hear of that.
fn print(text: &str) -> Result<bool, StartError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(StartError::Operator(format!("cannot write to standard output: {error}"))),
    }
}
