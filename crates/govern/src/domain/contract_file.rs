//! Domain, team and roles of a contract, put in without touching anything else in the file.

use super::described::{Domain, quoted};
use ingot_core::error::{Error, Result};
use ingot_core::yaml::{self, Node};
use std::path::Path;

/// The text with what it lacks of domain, team and roles.
///
/// # Errors
/// The contract is not YAML, or is of another domain.
pub(super) fn with_domain(text: &str, file: &Path, domain: &Domain) -> Result<String> {
    let document = yaml::parse(text, file)?;
    let said = |key: &str| document.get(key).filter(|node| !node.is_null());
    if let Some(other) = said("domain").filter(|other| other.as_str() != Some(domain.name.as_str())) {
        return Err(Error::new(format!(
            "the contract is of the domain '{}'",
            other.scalar_text().unwrap_or_default()
        ))
        .at_line(file, other.line)
        .hint(format!("a feed has one domain: make it `domain: {}`, if it is to move", domain.name)));
    }
    let mut edited = text.to_owned();
    if !edited.ends_with('\n') {
        edited.push('\n');
    }
    if said("domain").is_none() {
        edited.push_str(&format!("domain: {}\n", domain.name));
    }
    if said("team").is_none() {
        edited.push_str(&team(domain, &document)?);
    }
    if said("roles").is_none() {
        edited.push_str(&format!(
            "roles:\n  - role: {}\n    access: read\n    firstLevelApprovers: {owner}\n  - role: {}\n    access: write\n    firstLevelApprovers: {owner}\n",
            domain.readers(),
            domain.engineers(),
            owner = quoted(&domain.owner)?,
        ));
    }
    // It is read as a contract once more, so that nothing is written that a load would refuse.
    ingot_contract::read_text(&edited, file)?;
    Ok(if edited.trim_end() == text.trim_end() { text.to_owned() } else { edited })
}

/// Since v3.1 of the standard a team has a name; before, it was a list of members.
fn team(domain: &Domain, document: &Node) -> Result<String> {
    let name = quoted(&domain.owner)?;
    let version = document.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
    let member = |indent: &str| -> Result<String> {
        let username = quoted(domain.email.as_deref().unwrap_or(&domain.owner))?;
        Ok(format!("{indent}- username: {username}\n{indent}  name: {name}\n{indent}  role: Owner\n"))
    };
    Ok(if version.starts_with("v3.0") {
        format!("team:\n{}", member("  ")?)
    } else {
        format!("team:\n  name: {}\n  members:\n{}", domain.name, member("    ")?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: active\n\
        servers:\n- {server: raw, type: local, path: a.csv, format: csv}\n\
        schema:\n- name: a\n  properties:\n  - {name: x, logicalType: string, physicalType: str}\n";

    #[test]
    fn a_contract_gets_its_domain_once() {
        let domain = Domain { name: "sales".to_owned(), owner: "Ada".to_owned(), email: None };
        for version in ["v3.1.0", "v3.0.2"] {
            let text = CONTRACT.replace("v3.1.0", version);
            let edited = with_domain(&text, Path::new("a.odcs.yaml"), &domain).unwrap();
            assert!(edited.starts_with(&text));
            let contract = ingot_contract::read_text(&edited, Path::new("a.odcs.yaml")).unwrap().remove(0);
            let stewardship = contract.contract.unwrap().stewardship;
            assert_eq!(stewardship.owner(), Some("Ada"));
            assert_eq!(stewardship.domain.as_deref(), Some("sales"));
            assert_eq!(stewardship.roles.len(), 2);
            assert_eq!(with_domain(&edited, Path::new("a.odcs.yaml"), &domain).unwrap(), edited);
        }
        let other = format!("{CONTRACT}domain: people\n");
        assert!(with_domain(&other, Path::new("a.odcs.yaml"), &domain).is_err());
    }
}
