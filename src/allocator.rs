//! The allocator of the command, for Rust and for DuckDB's C++.
//!
//! Small statements are mostly allocations, for which jemalloc takes less time than glibc's allocator. A load, whose threads
//! hand large buffers to one another, has nearly the same peak with either, but only as they are set here. The figures are in
//! docs/concepts/speed.md.

#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod jemalloc {
    #[global_allocator]
    static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

    /// What jemalloc reads before the first allocation (<https://jemalloc.net/jemalloc.3.html#tuning>): as many arenas as
    /// there are cores, for each thread of a load would leave free memory behind in one of its own, and free memory goes back
    /// to the system after a second.
    #[unsafe(export_name = "malloc_conf")]
    static SETTINGS: Option<&'static std::ffi::c_char> = {
        // SAFETY: the text ends with a nul and lives for ever.
        Some(unsafe { &*c"percpu_arena:percpu,dirty_decay_ms:1000,muzzy_decay_ms:0".as_ptr() })
    };
}

/// Sets glibc's allocator where jemalloc is not built in: it would not start on a kernel with larger pages than that of the
/// machine that compiled it, as kernels for ARM may have.
///
/// - Threads share its arenas: as many as there are cores. It would give nearly every thread one of its own, and a load
///   has a thread for each table, in whose arenas memory that is free again stays unused: at scale 1 a load takes
///   175 MiB instead of 293, in the same time.
/// - Buffers that are free again are kept for the next one. It would give each to the system at once and take a new one
///   page by page: a fifth of the time of a load of small files.
#[cfg(all(target_os = "linux", target_env = "gnu", not(target_arch = "x86_64")))]
pub(crate) fn set_up() {
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

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(target_arch = "x86_64"))))]
pub(crate) fn set_up() {}
