//! What `deps` reports, under the names of dbt's events.

use ingot_core::report::{Event, Level};
use serde_json::{Value as Json, json};

fn event(name: &str, text: String, data: Json) -> Event {
    Event::Named { name: name.to_owned(), level: Level::Info, text, data }
}

pub(crate) fn no_packages() -> Event {
    let text = "no packages are named in packages.yml or dependencies.yml, and nothing is changed".to_owned();
    let data = json!({"msg": "Warning: No packages were found in packages.yml"});
    event("DepsNoPackagesFound", text, data)
}

pub(crate) fn installing(name: &str) -> Event {
    event("DepsStartPackageInstall", format!("Installing {name}"), json!({"package_name": name}))
}

pub(crate) fn installed(version: &str) -> Event {
    event("DepsInstallInfo", format!("Installed from {version}"), json!({"version_name": version}))
}

pub(crate) fn update_available(latest: &str) -> Event {
    let text = format!("Updated version available: {latest}");
    event("DepsUpdateAvailable", text, json!({"version_latest": latest}))
}

pub(crate) fn up_to_date() -> Event {
    event("DepsUpToDate", "Up to date!".to_owned(), json!({}))
}

pub(crate) fn subdirectory(subdirectory: &str) -> Event {
    let text = format!("and subdirectory {subdirectory}");
    event("DepsListSubdirectory", text, json!({"subdirectory": subdirectory}))
}

pub(crate) fn updates_available(packages: &[String]) -> Event {
    let names: Vec<String> = packages.iter().map(|name| format!("'{name}'")).collect();
    let text = format!(
        "Updates available for packages: [{}]\nUpdate your versions in packages.yml, then run `ingot dbt deps`",
        names.join(", ")
    );
    event("DepsNotifyUpdatesAvailable", text, json!({"packages": packages}))
}

pub(crate) fn updating_lock(file: &str) -> Event {
    let text = format!("Updating lock file in file path: {file}");
    event("DepsLockUpdating", text, json!({"lock_filepath": file}))
}

pub(crate) fn added(name: &str, version: Option<&str>, file: &str) -> Event {
    let pinned = version.map(|version| format!("@{version}")).unwrap_or_default();
    let text = format!("Added new package {name}{pinned} to {file}");
    event(
        "DepsAddPackage",
        text,
        json!({"package_name": name, "version": version, "packages_filepath": file}),
    )
}

pub(crate) fn removed_duplicate(entry: &Json) -> Event {
    let text = format!("Found duplicate package in packages.yml, removing: {entry}");
    event("DepsFoundDuplicatePackage", text, json!({"removed_package": entry}))
}
