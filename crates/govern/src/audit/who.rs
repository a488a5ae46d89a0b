//! Who runs a command, and on which machine.

/// The name of the user whose process this is. The environment is asked last, because anybody can change it.
pub(crate) fn user_name() -> String {
    owner_of_process()
        .or_else(|| {
            ["USER", "LOGNAME", "USERNAME"]
                .iter()
                .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
        })
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The owner of this process where the system shows processes as files: its name, or its number if it has no name.
#[cfg(unix)]
fn owner_of_process() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let number = std::fs::metadata("/proc/self").ok()?.uid();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    Some(name_of(&users, number).unwrap_or_else(|| format!("uid {number}")))
}

#[cfg(not(unix))]
fn owner_of_process() -> Option<String> {
    None
}

/// The user with this number in a text like /etc/passwd.
#[cfg(unix)]
fn name_of(users: &str, number: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, of) = (fields.next()?, fields.next()?, fields.next()?);
        (of.parse() == Ok(number)).then(|| name.to_owned())
    })
}

/// The name of this machine, or a word that stands for it where the system does not say.
pub fn host_name() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let told = told.or_else(|| std::env::var("COMPUTERNAME").ok()).or_else(|| std::env::var("HOSTNAME").ok());
    told.map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "host".to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\nbroken\n";
        assert_eq!(name_of(users, 1000), Some("anna".to_owned()));
        assert_eq!(name_of(users, 7), None);
    }
}
