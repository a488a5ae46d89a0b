//! Who answers for a feed, and who may have it: what a contract says of people.

/// Domain, product, team, roles and servers of a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stewardship {
    /// The part of the organisation that the data belongs to: `retail`.
    pub domain: Option<String>,
    pub data_product: Option<String>,
    /// The name of the team, if it has one.
    pub team: Option<String>,
    /// Those who are in it now.
    pub members: Vec<TeamMember>,
    /// Who may have which access.
    pub roles: Vec<AccessRole>,
    pub servers: Vec<ServerPlace>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMember {
    /// The name, or else what the member is called in systems.
    pub name: String,
    /// What the member does: `Owner`, `Data Steward`.
    pub role: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRole {
    pub role: String,
    /// `read`, `write`.
    pub access: Option<String>,
    pub description: Option<String>,
    /// Who says yes.
    pub approvers: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPlace {
    pub server: String,
    /// `local`, `databricks`, `s3`.
    pub kind: String,
    pub environment: Option<String>,
}

impl Stewardship {
    /// Who answers for the data: the member whose role says owner, else the team.
    pub fn owner(&self) -> Option<&str> {
        let is_owner = |member: &&TeamMember| {
            member.role.as_deref().is_some_and(|role| role.to_lowercase().contains("owner"))
        };
        let owner = self.members.iter().find(is_owner).map(|member| member.name.as_str());
        owner.or(self.team.as_deref())
    }
}
