//! The `ingot` command: parse, run, print the error and its hint, exit.

fn main() -> std::process::ExitCode {
    set_allocator();
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

/// Sets glibc's allocator for threads that hand large buffers to one another
/// (<https://man7.org/linux/man-pages/man3/mallopt.3.html>).
///
/// - Threads share its arenas: as many as there are cores. It would give nearly every thread one of its own, and a load
///   has a thread for each table, in whose arenas memory that is free again stays unused: at scale 1 a load takes
///   175 MiB instead of 293, in the same time.
/// - Buffers that are free again are kept for the next one. It would give each to the system at once and take a new one
///   page by page: a fifth of the time of a load of small files.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn set_allocator() {
    /// Bytes from which a buffer is mapped on its own; the most that glibc takes.
    const MAPPED_FROM: libc::c_int = 32 << 20;
    /// Bytes of free memory that stay with the process.
    const KEPT: libc::c_int = 64 << 20;
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 64);
    // SAFETY: no other thread runs yet, and the function takes and keeps two numbers.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, cores as libc::c_int);
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_FROM);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn set_allocator() {}
