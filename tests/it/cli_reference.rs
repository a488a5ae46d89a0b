//! docs/reference/cli.md is what the command line says of itself. `UPDATE_DOCS=1 cargo test --release cli_reference`
//! writes it again.

use clap::{Arg, Command};
use std::fmt::Write;
use std::path::Path;

const PAGE: &str = "docs/reference/cli.md";

#[test]
fn the_reference_of_the_command_line_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert!(
        kept == page,
        "{PAGE} is stale: run `UPDATE_DOCS=1 cargo test --release cli_reference` and commit the result"
    );
}

fn reference() -> String {
    let mut ingot = ingot::cli::command();
    ingot.build();
    let mut page = String::from(
        "# Command line\n\n\
         Every command, with its arguments and options. This page is generated from the program itself: \
         `ingot COMMAND --help`\nprints the same. A test fails if it is stale.\n\n",
    );
    let global: Vec<&Arg> = ingot.get_arguments().filter(|arg| arg.is_global_set()).collect();
    contents(&ingot, &mut page);
    let _ = writeln!(page, "\n## Global options\n\nEvery command takes these.\n");
    table("option", &global, &mut page);
    for command in commands(&ingot) {
        section(command, &global, &mut page);
    }
    page
}

/// The commands that are shown; clap adds `help` to each that has others.
fn commands(parent: &Command) -> impl Iterator<Item = &Command> {
    parent.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set())
}

/// `ingot dbt list`: the name with those of the commands that lead there.
fn full_name(command: &Command) -> String {
    command.get_bin_name().unwrap_or(command.get_name()).to_owned()
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn contents(parent: &Command, page: &mut String) {
    page.push_str("| command | what it does |\n|---|---|\n");
    let mut row = |command: &Command| {
        let name = full_name(command);
        let _ = writeln!(page, "| [`{name}`](#{}) | {} |", name.replace(' ', "-"), cell(&about(command)));
    };
    for command in commands(parent) {
        row(command);
        for inner in commands(command) {
            row(inner);
            commands(inner).for_each(&mut row);
        }
    }
}

fn section(command: &Command, known: &[&Arg], page: &mut String) {
    let usage = command.clone().render_usage().to_string();
    let _ = write!(page, "\n## {}\n\n{}.\n\n", full_name(command), about(command));
    let _ = writeln!(page, "```text\n{}\n```", usage.trim_start_matches("Usage: "));
    let shown: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str()))
        .filter(|arg| !known.iter().any(|other| other.get_id() == arg.get_id()))
        .collect();
    let (positional, options): (Vec<&Arg>, Vec<&Arg>) = shown.iter().partition(|arg| arg.is_positional());
    for (title, arguments) in [("argument", positional), ("option", options)] {
        if !arguments.is_empty() {
            page.push('\n');
            table(title, &arguments, page);
        }
    }
    if let Some(text) = command.get_after_help() {
        let _ = write!(page, "\n```text\n{}\n```\n", wrapped(text.to_string().trim_end()));
    }
    let known: Vec<&Arg> =
        known.iter().copied().chain(shown.into_iter().filter(|arg| arg.is_global_set())).collect();
    for inner in commands(command) {
        section(inner, &known, page);
    }
}

/// Paragraphs in lines that fit the page, as clap breaks them in a terminal. Lines that are set in are examples and stay.
fn wrapped(text: &str) -> String {
    const WIDTH: usize = 110;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with(' ') {
            lines.push(line.to_owned());
            continue;
        }
        lines.push(String::new());
        for word in line.split(' ') {
            let last = lines.last_mut().unwrap();
            if last.is_empty() {
                last.push_str(word);
            } else if last.chars().count() + 1 + word.chars().count() <= WIDTH {
                last.push(' ');
                last.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
    }
    lines.join("\n")
}

fn table(title: &str, arguments: &[&Arg], page: &mut String) {
    let _ = writeln!(page, "| {title} | what it does |\n|---|---|");
    for argument in arguments {
        let _ = writeln!(page, "| {} | {} |", name(argument), cell(&describe(argument)));
    }
}

/// `--select`, `-s` `<SELECTION>...`
fn name(argument: &Arg) -> String {
    let mut names = Vec::new();
    names.extend(argument.get_short().map(|short| format!("-{short}")));
    names.extend(argument.get_long().map(|long| format!("--{long}")));
    names.extend(argument.get_visible_aliases().unwrap_or_default().iter().map(|alias| format!("--{alias}")));
    let mut text = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if argument.is_positional() || argument.get_action().takes_values() {
        let value = argument.get_value_names().and_then(|names| names.first());
        let value = value.map_or_else(|| argument.get_id().as_str().to_uppercase(), ToString::to_string);
        let _ = write!(text, "{}`{value}`", if text.is_empty() { "" } else { " " });
    }
    text
}

/// What it does, then what it takes, its default and its environment variable.
fn describe(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help());
    let mut text = help.map(ToString::to_string).unwrap_or_default();
    let values = argument.get_possible_values();
    if !values.is_empty() && argument.get_action().takes_values() {
        let names: Vec<_> = values
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        let _ = write!(text, ". One of {}", names.join(", "));
    }
    let defaults: Vec<_> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() && argument.get_action().takes_values() {
        let _ = write!(text, " [default: {}]", defaults.join(" "));
    }
    if let Some(variable) = argument.get_env() {
        let _ = write!(text, " [env: `{}`]", variable.to_string_lossy());
    }
    text
}

/// Text for a cell of a Markdown table.
fn cell(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace('|', "\\|").replace('<', "&lt;")
}
