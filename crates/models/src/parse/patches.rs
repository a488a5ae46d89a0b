//! What property files say of nodes, by section, package and name.

use crate::graph::node::described_as;
use crate::project::properties::property_file::Patch;
use ingot_core::error::Error;
use std::collections::HashMap;

/// The section (`models`, `seeds`, …), the package and the name.
pub(super) type Patches = HashMap<(&'static str, String, String), Patch>;

/// Adds what a file says of a node, and of each of its versions.
///
/// # Errors
/// Another file says something of it too.
pub(super) fn add(patches: &mut Patches, patch: Patch) -> Result<(), Error> {
    if let Some(other) = patches.get(&(patch.kind, patch.package_name.clone(), patch.name.clone())) {
        return Err(Error::new(format!("'{}' is described twice under `{}:`", patch.name, patch.kind))
            .at_line(&patch.file, patch.line)
            .hint(format!("the other place is {}:{}; join the two", other.original_file_path, other.line)));
    }
    for entry in &patch.versions {
        let one = patch.for_version(entry);
        let name = described_as(&patch.name, Some(&entry.version));
        patches.insert((patch.kind, patch.package_name.clone(), name), one);
    }
    patches.insert((patch.kind, patch.package_name.clone(), patch.name.clone()), patch);
    Ok(())
}
