//! Contracts, in the words of those who deliver and use the data.

use crate::show::markdown;
use ingot_contract::{Column, Contract, Format};
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ContractFacts {
    pub(crate) name: String,
    pub(crate) page: String,
    pub(crate) version: String,
    /// HTML.
    pub(crate) description: String,
    pub(crate) summary: String,
    /// Where its files are: `orders/*.csv`.
    pub(crate) path: String,
    pub(crate) format: &'static str,
    pub(crate) key: Vec<String>,
    pub(crate) partitions: Vec<String>,
    pub(crate) refers_to: Vec<Reference>,
    pub(crate) fresh: Option<String>,
    /// What happens to columns that it does not name.
    pub(crate) new_columns: &'static str,
    pub(crate) columns: Vec<ContractColumn>,
    pub(crate) rules: Vec<RuleFacts>,
    pub(crate) domain: Option<String>,
    pub(crate) data_product: Option<String>,
    pub(crate) team: Option<String>,
    /// Names, and what they do.
    pub(crate) members: Vec<(String, Option<String>)>,
    pub(crate) roles: Vec<RoleFacts>,
    /// Where the data is, if that is in more than one place.
    pub(crate) servers: Vec<ServerFacts>,
    /// What of it is not checked.
    pub(crate) notes: Vec<String>,
    /// The bronze table's page, if it has one.
    pub(crate) table_page: String,
    pub(crate) status: Option<Loaded>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Reference {
    pub(crate) columns: String,
    pub(crate) table: String,
    pub(crate) to: String,
    pub(crate) page: String,
}

/// Who may have which access, and who says yes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RoleFacts {
    pub(crate) role: String,
    pub(crate) access: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) approvers: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ServerFacts {
    pub(crate) server: String,
    /// `local`, `databricks`, `s3`.
    pub(crate) kind: String,
    pub(crate) environment: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ContractColumn {
    pub(crate) name: String,
    pub(crate) in_files: Option<String>,
    pub(crate) data_type: String,
    pub(crate) description: String,
    pub(crate) required: bool,
    pub(crate) is_key: bool,
    pub(crate) personal: bool,
    pub(crate) rules: Vec<RuleFacts>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct RuleFacts {
    pub(crate) code: String,
    pub(crate) says: String,
    pub(crate) severity: &'static str,
}

/// What is loaded under it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Loaded {
    pub(crate) rows: u64,
    pub(crate) files: usize,
    pub(crate) open_rejects: u64,
    pub(crate) failed_files: Option<u64>,
    pub(crate) age: Option<String>,
    pub(crate) freshness: &'static str,
    pub(crate) tone: &'static str,
}

impl ContractFacts {
    pub(super) fn of(contract: &Contract) -> Self {
        let hours = |hours: f64| match hours {
            hours if hours >= 48.0 => format!("{} days", (hours / 24.0).round()),
            hours => format!("{hours} hours"),
        };
        Self {
            name: contract.name.clone(),
            page: page_of(&contract.name),
            version: contract.version.clone(),
            description: markdown(&contract.description),
            summary: contract.description.split(". ").next().unwrap_or_default().trim().to_owned(),
            path: contract.raw.path.clone(),
            format: format_word(contract.raw.format),
            key: contract.primary_key().iter().map(|column| column.name.clone()).collect(),
            partitions: contract.partitions.iter().map(|partition| partition.name.clone()).collect(),
            refers_to: contract
                .relationships
                .iter()
                .map(|to| Reference {
                    columns: to.columns.join(", "),
                    table: to.table.clone(),
                    to: to.to.join(", "),
                    page: page_of(&to.table),
                })
                .collect(),
            fresh: contract.freshness.map(|fresh| {
                format!(
                    "late after {}, stale after {}",
                    hours(fresh.warn_after_hours),
                    hours(fresh.error_after_hours)
                )
            }),
            new_columns: match contract.evolution {
                ingot_contract::Evolution::Evolve => "are added to the table",
                ingot_contract::Evolution::Freeze => "keep a file from being loaded",
                ingot_contract::Evolution::Discard => "are left out, and reported",
            },
            columns: contract.columns.iter().map(column_facts).collect(),
            rules: contract
                .table_rules
                .iter()
                .map(|rule| RuleFacts {
                    code: rule.name.clone(),
                    says: rule.description.clone(),
                    severity: rule.severity.word(),
                })
                .collect(),
            domain: contract.stewardship.domain.clone(),
            data_product: contract.stewardship.data_product.clone(),
            team: contract.stewardship.team.clone(),
            members: contract
                .stewardship
                .members
                .iter()
                .map(|member| (member.name.clone(), member.role.clone()))
                .collect(),
            roles: contract
                .stewardship
                .roles
                .iter()
                .map(|role| RoleFacts {
                    role: role.role.clone(),
                    access: role.access.clone(),
                    description: role.description.clone(),
                    approvers: role.approvers.join(", "),
                })
                .collect(),
            servers: servers(contract),
            notes: contract.notes.clone(),
            table_page: String::new(),
            status: None,
        }
    }
}

pub(super) fn page_of(contract: &str) -> String {
    format!("contracts/{}.html", crate::show::file_name(contract))
}

fn servers(contract: &Contract) -> Vec<ServerFacts> {
    let servers = &contract.stewardship.servers;
    // One that has the raw files and nothing else is named as their path.
    let shown = servers.iter().filter(|_| servers.len() > 1);
    let facts = shown.map(|place| ServerFacts {
        server: place.server.clone(),
        kind: place.kind.clone(),
        environment: place.environment.clone(),
    });
    facts.collect()
}

fn column_facts(column: &Column) -> ContractColumn {
    ContractColumn {
        name: column.name.clone(),
        in_files: column.physical_name.clone(),
        data_type: in_words(&column.data_type.word()),
        description: markdown(&column.description),
        required: column.required,
        is_key: column.primary_key.is_some(),
        personal: column.personal,
        rules: column
            .rules
            .iter()
            .map(|rule| RuleFacts {
                code: rule.code.clone(),
                says: rule.description.clone(),
                severity: rule.severity.word(),
            })
            .collect(),
    }
}

/// The words of contracts as a person says them.
fn in_words(word: &str) -> String {
    match word {
        "i32" | "i64" => "whole number".to_owned(),
        "f64" => "number".to_owned(),
        "str" => "text".to_owned(),
        "bool" => "yes or no".to_owned(),
        "ts" => "date and time".to_owned(),
        other => match other.strip_prefix("dec(").and_then(|rest| rest.strip_suffix(')')) {
            Some(form) => match form.split_once(',') {
                Some((digits, "0")) => format!("whole number of up to {digits} digits"),
                Some((digits, scale)) => format!("number of up to {digits} digits, {scale} of them decimals"),
                None => other.to_owned(),
            },
            None => other.to_owned(),
        },
    }
}

fn format_word(format: Format) -> &'static str {
    match format {
        Format::Csv => "CSV",
        Format::Jsonl => "JSON lines",
        Format::Json => "JSON",
        Format::Parquet => "Parquet",
        Format::Xlsx => "Excel",
        Format::Delta => "Delta table",
    }
}
