//! The `ingot` command: parse, run, print the error and its hint, exit.

fn main() -> std::process::ExitCode {
    share_memory();
    ingot::cli::main()
}

/// Lets threads share the allocator's arenas: as many as there are cores. glibc would give nearly every thread one of its
/// own, and a load has a thread for each table, in whose arenas memory that is free again stays unused: at scale 1 a load
/// takes 175 MiB instead of 293, in the same time (<https://man7.org/linux/man-pages/man3/mallopt.3.html>).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn share_memory() {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 64);
    // SAFETY: no other thread runs yet, and the function takes and keeps two numbers.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, cores as libc::c_int);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn share_memory() {}
