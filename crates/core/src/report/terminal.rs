//! Shows events to a person: lines on standard output, warnings and errors on standard error, and
//! progress bars where standard error is a terminal. Each stream is coloured by what it is itself: output
//! that goes into a file stays plain while errors on the terminal beside it are red.

use super::{Event, Level, Reporter, Status, Table, Unit, seconds};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ContentArrangement};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;

#[derive(Debug, Clone, Copy)]
pub struct TerminalOptions {
    /// Errors, warnings, results of failed nodes and nothing else.
    pub quiet: bool,
    /// `None`: each stream decides by whether it is a terminal, and by `NO_COLOR` and its like.
    pub color: Option<bool>,
}

/// The two streams, and whether each takes colour.
#[derive(Debug, Clone, Copy)]
struct Colors {
    stdout: bool,
    stderr: bool,
}

impl Colors {
    fn new(color: Option<bool>) -> Self {
        let takes = |choice: ColorChoice| choice != ColorChoice::Never;
        Self {
            stdout: color.unwrap_or_else(|| takes(AutoStream::choice(&std::io::stdout()))),
            stderr: color.unwrap_or_else(|| takes(AutoStream::choice(&std::io::stderr()))),
        }
    }
}

fn paint(color: bool, style: Style, text: &str) -> String {
    if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// A stream whose colours older Windows consoles understand too.
fn stream<S: anstream::stream::RawStream>(raw: S, color: bool) -> AutoStream<S> {
    AutoStream::new(raw, if color { ColorChoice::Always } else { ColorChoice::Never })
}

pub struct Terminal {
    quiet: bool,
    colors: Colors,
    bars: MultiProgress,
    open: Mutex<HashMap<String, ProgressBar>>,
}

impl Terminal {
    pub fn new(options: TerminalOptions) -> Self {
        let target = if std::io::stderr().is_terminal() && !options.quiet {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            quiet: options.quiet,
            colors: Colors::new(options.color),
            bars: MultiProgress::with_draw_target(target),
            open: Mutex::new(HashMap::new()),
        }
    }

    /// Text for standard output.
    fn paint(&self, style: Style, text: &str) -> String {
        paint(self.colors.stdout, style, text)
    }

    /// `error: …` or `warning: …` on standard error; `warning in test …` where the text begins so, because a word twice is
    /// read as a mistake.
    fn complaint(&self, word: &str, color: AnsiColor, text: &str) {
        let (mark, text) = match text.strip_prefix(word).filter(|rest| rest.starts_with(" in ")) {
            Some(rest) => ("", rest.trim_start()),
            None => (":", text),
        };
        let word = paint(self.colors.stderr, color.on_default().bold(), &format!("{word}{mark}"));
        self.error_line(&format!("{word} {text}"));
    }

    /// A reader that went away (`| head`) does not stop the work, so errors of writing are ignored.
    fn line(&self, text: &str) {
        self.bars.suspend(|| {
            let _ = writeln!(stream(std::io::stdout().lock(), self.colors.stdout), "{text}");
        });
    }

    fn error_line(&self, text: &str) {
        self.bars.suspend(|| {
            let _ = writeln!(stream(std::io::stderr().lock(), self.colors.stderr), "{text}");
        });
    }

    fn node(&self, position: (usize, usize), label: &str, status: Status, message: &str, took: f64) {
        let quiet_status = matches!(status, Status::Ok | Status::Skipped);
        if self.quiet && quiet_status {
            return;
        }
        let width = position.1.to_string().len();
        let word = format!("{:<5}", status.word());
        let word = match status {
            Status::Ok => self.paint(AnsiColor::Green.on_default(), &word),
            Status::Warn => self.paint(AnsiColor::Yellow.on_default(), &word),
            Status::Failed | Status::Error => self.paint(AnsiColor::Red.on_default().bold(), &word),
            Status::Skipped => self.paint(Style::new().dimmed(), &word),
        };
        let (index, total) = position;
        // What went wrong at length has lines of its own below; the rest is said at the end of the line.
        let below = matches!(status, Status::Failed | Status::Error) && message.contains('\n');
        let mut parts = vec![];
        if !message.is_empty() && !below {
            parts.push(message.to_owned());
        }
        if status != Status::Skipped {
            parts.push(seconds(took));
        }
        let tail = if parts.is_empty() { String::new() } else { format!("  [{}]", parts.join(", ")) };
        self.line(&format!(
            "{index:>width$}/{total} {word} {label}{}",
            self.paint(Style::new().dimmed(), &tail)
        ));
        if below {
            for text in message.lines() {
                self.line(&format!("      {text}"));
            }
        }
    }

    fn table(&self, table: &Table) {
        let mut shown = comfy_table::Table::new();
        shown.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        shown.set_header(table.headers.iter().map(|header| self.paint(Style::new().bold(), header)));
        for row in &table.rows {
            shown.add_row(row);
        }
        for (index, column) in shown.column_iter_mut().enumerate() {
            let mut cells =
                table.rows.iter().filter_map(|row| row.get(index)).filter(|cell| !cell.is_empty()).peekable();
            if cells.peek().is_some() && cells.all(|cell| is_number(cell)) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut text = String::new();
        if !table.title.is_empty() {
            text.push_str(&self.paint(Style::new().bold(), &table.title));
            text.push('\n');
        }
        for line in shown.to_string().lines() {
            text.push_str(&format!(" {}\n", line.trim_end()));
        }
        self.line(&text);
    }
}

/// `1,234`, `0.5`, `-3`, `12.3 s`, `4.5 MB`, `-`.
fn is_number(cell: &str) -> bool {
    cell == "-"
        || (cell.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && cell.split(' ').count() <= 4
            && !cell.contains(':')
            && !is_date(cell))
}

fn is_date(cell: &str) -> bool {
    cell.len() >= 10 && cell.as_bytes()[4] == b'-' && cell.as_bytes()[7] == b'-'
}

impl Reporter for Terminal {
    fn report(&self, event: Event) {
        match event {
            Event::StageStarted { stage, detail } if !self.quiet => {
                self.line(&format!("{}  {detail}", self.paint(AnsiColor::Cyan.on_default().bold(), stage)));
            }
            Event::StageFinished { stage, seconds: took, detail } if !self.quiet => {
                self.line(&format!(
                    "{}  {detail} in {}\n",
                    self.paint(AnsiColor::Cyan.on_default().bold(), stage),
                    seconds(took)
                ));
            }
            Event::TaskStarted { task, total, unit } => {
                let template = match unit {
                    Unit::Bytes => {
                        "  {msg:<16} {bar:30} {bytes:>10}/{total_bytes:<10} {binary_bytes_per_sec}"
                    }
                    Unit::Rows | Unit::Files => {
                        "  {msg:<16} {bar:30} {human_pos:>12}/{human_len:<12} {per_sec}"
                    }
                };
                let bar = self.bars.add(ProgressBar::new(total));
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style);
                }
                bar.set_message(task.clone());
                if let Ok(mut open) = self.open.lock() {
                    open.insert(task, bar);
                }
            }
            Event::TaskAdvanced { task, by } => {
                if let Ok(open) = self.open.lock()
                    && let Some(bar) = open.get(&task)
                {
                    bar.inc(by);
                }
            }
            Event::TaskFinished { task, detail } => {
                if let Ok(mut open) = self.open.lock()
                    && let Some(bar) = open.remove(&task)
                {
                    bar.finish_and_clear();
                }
                if !self.quiet && !detail.is_empty() {
                    self.line(&format!("  {task:<16} {detail}"));
                }
            }
            Event::NodeFinished { index, total, label, status, message, seconds, .. } => {
                self.node((index, total), &label, status, &message, seconds);
            }
            Event::Message { level: Level::Error, text } | Event::Named { level: Level::Error, text, .. } => {
                self.complaint("error", AnsiColor::Red, &text)
            }
            Event::Error { text, hint, .. } => {
                let hint = hint.map(|hint| {
                    let word = paint(self.colors.stderr, AnsiColor::Cyan.on_default().bold(), "hint:");
                    format!("\n  {word} {hint}")
                });
                self.complaint("error", AnsiColor::Red, &format!("{text}{}", hint.unwrap_or_default()));
            }
            Event::Message { level: Level::Warning, text }
            | Event::Named { level: Level::Warning, text, .. } => {
                self.complaint("warning", AnsiColor::Yellow, &text);
            }
            Event::Message { level: Level::Info, text } | Event::Named { level: Level::Info, text, .. }
                if !self.quiet =>
            {
                self.line(&text)
            }
            Event::Result { line } => self.line(&line),
            Event::Table(table) if !self.quiet => self.table(&table),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_dates_and_names() {
        for number in ["1,234", "0.5", "-3", "12.3 s", "4.5 MB", "2 min 05 s", "-"] {
            assert!(is_number(number), "{number}");
        }
        for other in ["2023-01-31", "customers", "", "10:30:00"] {
            assert!(!is_number(other), "{other}");
        }
    }
}
