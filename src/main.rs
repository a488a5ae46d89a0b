//! The `ingot` command: parse, run, print the error and its hint, exit.

mod allocator;

fn main() -> std::process::ExitCode {
    allocator::set_up();
    name_variables();
    ingot::cli::main()
}

/// Gives dbt's environment variables both of their names, `DBT_X` and `DBT_ENGINE_X`, for flags and templates.
fn name_variables() {
    for (name, value) in ingot_models::under_both_names() {
        // SAFETY: no other thread runs yet.
        unsafe { std::env::set_var(name, value) };
    }
}
