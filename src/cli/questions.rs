//! Questions to the person at the terminal.

use ingot_core::report::Reporter;
use ingot_infer::{Ask, Question};
use std::io::{BufRead as _, IsTerminal as _};

/// Asks on the terminal; if there is none, nobody answers.
pub(super) struct Questions<'r> {
    reporter: &'r dyn Reporter,
    is_terminal: bool,
}

impl<'r> Questions<'r> {
    pub(super) fn new(reporter: &'r dyn Reporter) -> Self {
        let is_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Self { reporter, is_terminal }
    }
}

impl Ask for Questions<'_> {
    fn ask(&mut self, question: &Question) -> Option<usize> {
        if !self.is_terminal {
            return None;
        }
        let choices = question.choices.iter().enumerate();
        let choices: Vec<String> =
            choices.map(|(index, choice)| format!("  {}  {choice}", index + 1)).collect();
        let last = question.choices.len();
        self.reporter.info(format!(
            "{}\n{}\nAnswer with a number [{last}]:",
            question.text,
            choices.join("\n")
        ));
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).ok()?;
        line.trim().parse::<usize>().ok()?.checked_sub(1).filter(|index| *index < last)
    }
}
