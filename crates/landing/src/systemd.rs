//! What a service manager is told (systemd's `Type=notify-reload`). Where there is none, nobody is told.

/// Where a long-running command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceState<'t> {
    /// It does its work.
    Ready,
    /// It reads its configuration again, and says when it is ready.
    Reloading,
    Stopping,
    /// What it does, in a line for `systemctl status`.
    Status(&'t str),
}

/// Tells the service manager that started this process, if one did.
#[cfg(target_os = "linux")]
pub fn tell_service_manager(state: ServiceState<'_>) {
    use sd_notify::NotifyState;
    // A manager that cannot be told does not stop the work.
    let _ = match state {
        ServiceState::Ready => sd_notify::notify(&[NotifyState::Ready]),
        ServiceState::Reloading => NotifyState::monotonic_usec_now()
            .and_then(|moment| sd_notify::notify(&[NotifyState::Reloading, moment])),
        ServiceState::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
        ServiceState::Status(text) => sd_notify::notify(&[NotifyState::Status(text)]),
    };
}

#[cfg(not(target_os = "linux"))]
pub fn tell_service_manager(_state: ServiceState<'_>) {}
