//! The `ingot` command: parse, run, print the error and its hint, exit.

fn main() -> std::process::ExitCode {
    ingot::cli::main()
}
