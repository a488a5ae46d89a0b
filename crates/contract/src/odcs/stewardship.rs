//! `domain`, `dataProduct`, `team`, `roles` and `servers` of a contract
//! (<https://bitol-io.github.io/open-data-contract-standard/v3.1.0/team/>).

use super::reader::Reader;
use crate::stewardship::{AccessRole, ServerPlace, Stewardship, TeamMember};
use ingot_core::error::Result;
use ingot_core::yaml::Node;

impl Reader<'_> {
    pub(super) fn stewardship(&self, document: &Node) -> Result<Stewardship> {
        let owned = |node: &Node, key: &str| Ok(self.optional_text(node, key)?.map(str::to_owned));
        let (team, members) = match document.get("team") {
            // Before v3.1 the team was a list of its members.
            Some(team) if team.as_list().is_some() => (None, self.items(document, "team")?),
            Some(team) if !team.is_null() => (owned(team, "name")?, self.items(team, "members")?),
            _ => (None, [].as_slice()),
        };
        let mut found = Stewardship {
            domain: owned(document, "domain")?,
            data_product: owned(document, "dataProduct")?,
            team,
            ..Stewardship::default()
        };
        // Who has left has a `dateOut`.
        for member in members.iter().filter(|member| member.get("dateOut").is_none_or(Node::is_null)) {
            let name =
                owned(member, "name")?.map_or_else(|| owned(member, "username"), |name| Ok(Some(name)))?;
            if let Some(name) = name {
                found.members.push(TeamMember { name, role: owned(member, "role")? });
            }
        }
        for role in self.items(document, "roles")? {
            let approvers = ["firstLevelApprovers", "secondLevelApprovers"];
            let mut names = Vec::new();
            for key in approvers {
                names.extend(owned(role, key)?);
            }
            let Some(name) = owned(role, "role")? else { continue };
            found.roles.push(AccessRole {
                role: name,
                access: owned(role, "access")?,
                description: owned(role, "description")?,
                approvers: names,
            });
        }
        for server in self.items(document, "servers")? {
            found.servers.push(ServerPlace {
                server: owned(server, "server")?.unwrap_or_default(),
                kind: owned(server, "type")?.unwrap_or_default(),
                environment: owned(server, "environment")?,
            });
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use crate::odcs::read_text;
    use std::path::Path;

    const CONTRACT: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: active\ndomain: sales\n\
        dataProduct: orders\nservers:\n- {server: raw, type: local, path: a.csv, format: csv}\n\
        - {server: lakehouse, type: databricks, host: h, catalog: c, schema: s, environment: prod}\n\
        roles:\n- {role: analyst, access: read, firstLevelApprovers: Ada}\n\
        schema:\n- name: a\n  properties:\n  - {name: x, logicalType: string, physicalType: str}\n";

    #[test]
    fn both_forms_of_a_team_are_read() {
        for (team, owner) in [
            (
                "team:\n  name: Sales data\n  members:\n  - {username: ada, name: Ada, role: Data Owner}\n",
                "Ada",
            ),
            ("team:\n  name: Sales data\n  members:\n  - {username: ada, role: engineer}\n", "Sales data"),
            (
                "team:\n- {username: bob, role: Owner, dateOut: '2025-01-01'}\n- {username: ada, role: owner}\n",
                "ada",
            ),
        ] {
            let text = format!("{CONTRACT}{team}");
            let described = read_text(&text, Path::new("a.odcs.yaml")).unwrap().remove(0);
            let found = described.contract.unwrap().stewardship;
            assert_eq!(found.owner(), Some(owner), "{team}");
            assert_eq!(found.domain.as_deref(), Some("sales"));
            assert_eq!(found.data_product.as_deref(), Some("orders"));
            assert_eq!(found.roles[0].approvers, ["Ada"]);
            assert_eq!(found.servers[1].environment.as_deref(), Some("prod"));
        }
    }
}
