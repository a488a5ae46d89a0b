//! The result of parsing is kept in `target/partial_parse.ingot`, and used again when nothing that it was
//! made of has changed.
//!
//! A stale cache cannot be observed, because nothing is trusted but content. The key is a hash over every
//! file in the project's folders and its packages', the project files as rendered, profile, target,
//! variables and this program itself. Environment variables and flags that templates read are kept with
//! their values and compared. A model that asked for the time is rendered again, and must say the same.
//! What cannot be checked like this (such as the time, read in a YAML file) is not kept at all.

use crate::context::environment::flags_as_kept;
use crate::context::inputs;
use crate::graph::dag::Graph;
use crate::graph::group::Group;
use crate::graph::manifest::{Lookup, Manifest};
use crate::graph::node::Node;
use crate::graph::property_entry::Entry;
use crate::invocation::Invocation;
use crate::json_values::Object;
use crate::parse::parsed::Kept;
use crate::parse::parsed::Parsed;
use crate::parse::sql_nodes;
use crate::project::dbt_project_yml::DbtProject;
use crate::project::ignored;
use crate::warnings::Warning;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, Read};
use std::path::PathBuf;
use std::sync::Arc;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

const FILE: &str = "partial_parse.ingot";
/// The first bytes of the file.
const MAGIC: &[u8] = b"ingot parse 4\n";
/// How many nodes are read by one thread at a time.
const CHUNK: usize = 2000;

/// Everything but the nodes.
#[derive(Serialize, Deserialize)]
struct Head {
    key: String,
    /// The invocation that parsed.
    parse: String,
    variables: BTreeMap<String, Option<String>>,
    /// The flags, if a template read them.
    flags: Option<String>,
    /// Whether a node must be examined to know: rendered again, or held against today's date.
    volatile: bool,
    warnings: Vec<Warning>,
    groups: Vec<Group>,
    macro_patches: Vec<Entry>,
    /// How many nodes are switched on; the rest are not.
    enabled: usize,
}

/// Some nodes, with each different config once: most nodes share theirs with many others.
#[derive(Serialize, Deserialize)]
struct Chunk<N> {
    nodes: N,
    configs: Vec<Arc<Object>>,
    /// For each node, its config and its unrendered config.
    which: Vec<(usize, usize)>,
}

/// The hash over all that a parse is made of and that is known before it. `None`: an input cannot be read.
pub(super) fn key(invocation: &Invocation) -> Option<String> {
    let projects: Vec<&DbtProject> = invocation.project.all().collect();
    let mut hash = Xxh3::new();
    let mut put = |text: &str| {
        hash.update(&text.len().to_le_bytes());
        hash.update(text.as_bytes());
    };
    put(env!("CARGO_PKG_VERSION"));
    // Another build of the program may parse differently.
    let program = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    put(&format!("{} {:?}", program.len(), program.modified().ok()?));
    put(&format!("{:?}", invocation.target));
    put(&serde_json::to_string(&invocation.settings.cli_vars).ok()?);
    put(&format!("{}", invocation.settings.store_failures));
    let mut files: Vec<PathBuf> = Vec::new();
    for project in &projects {
        put(&project.fingerprint());
        put(&project.root.to_string_lossy());
        let mut folders: Vec<&String> = project.source_folders().chain(&project.docs_paths).collect();
        folders.sort();
        folders.dedup();
        for folder in folders {
            let found = invocation.project.files.all(&project.root.join(folder));
            if !found.is_complete {
                return None;
            }
            files.extend(found.files.iter().cloned());
        }
        for file in ["selectors.yml", "selectors.yaml", "packages.yml", "dependencies.yml", ignored::FILE] {
            files.extend(Some(project.root.join(file)).filter(|file| file.is_file()));
        }
    }
    files.sort();
    files.dedup();
    let contents: Option<Vec<u128>> =
        files.par_iter().map(|file| std::fs::read(file).ok().map(|bytes| xxh3_128(&bytes))).collect();
    for (file, content) in files.iter().zip(contents?) {
        put(&file.to_string_lossy());
        put(&format!("{content:x}"));
    }
    Some(format!("{:x}", hash.digest128()))
}

/// The flags as far as templates can see them.
fn flags(invocation: &Invocation) -> String {
    flags_as_kept(&invocation.templates.constants)
}

/// What was kept, its nodes unread.
pub(super) struct KeptFile {
    head: Head,
    rest: std::io::BufReader<std::fs::File>,
}

/// Opens what was kept, if nothing that can be checked without its nodes has changed.
pub(super) fn open(invocation: &Invocation, key: &str) -> Option<KeptFile> {
    let file = std::fs::File::open(invocation.settings.target_folder.join(FILE)).ok()?;
    let mut rest = std::io::BufReader::new(file);
    let mut magic = vec![0; MAGIC.len()];
    rest.read_exact(&mut magic).ok().filter(|()| magic == MAGIC)?;
    let head: Head = serde_json::from_slice(&section(&mut rest)?).ok()?;
    let same_variables =
        head.variables.iter().all(|(name, value)| std::env::var(name).ok().as_ref() == value.as_ref());
    if head.key != key
        || !same_variables
        || head.flags.as_ref().is_some_and(|kept| *kept != flags(invocation))
    {
        return None;
    }
    Some(KeptFile { head, rest })
}

impl KeptFile {
    /// The parse it was, if that is sure without a look at its nodes, and if it had no warnings to repeat.
    pub(super) fn unchanged(&self) -> Option<Kept> {
        let sure = !self.head.volatile && self.head.warnings.is_empty();
        sure.then(|| Kept { parse: self.head.parse.clone(), read_back: true })
    }

    /// Everything, if it is what parsing would give now.
    pub(super) fn read(mut self, invocation: &Arc<Invocation>) -> Option<Parsed> {
        let head = self.head;
        let mut sections = Vec::new();
        while !self.rest.fill_buf().ok()?.is_empty() {
            sections.push(section(&mut self.rest)?);
        }
        let chunks: Option<Vec<Vec<Node>>> = sections.par_iter().map(|bytes| read_chunk(bytes)).collect();
        let mut nodes: Vec<Node> = chunks?.into_iter().flatten().collect();
        if !nodes.par_iter().filter(|node| node.volatile).all(|node| says_the_same(invocation, node)) {
            return None;
        }
        if nodes.len() < head.enabled {
            return None;
        }
        let disabled = nodes.split_off(head.enabled);
        // What is noted of this run must be what the kept one had noted, for whoever keeps it next.
        for (name, value) in &head.variables {
            inputs::note_variable(name, value.as_deref());
        }
        let graph = Graph::of_nodes(&nodes);
        let own_first = invocation.project.root.flag("require_ref_searches_node_package_before_root", false);
        let lookup = Lookup::new(&nodes, &disabled, own_first);
        let manifest = Manifest {
            nodes,
            graph,
            lookup,
            disabled,
            groups: head.groups,
            macro_patches: head.macro_patches,
            selectors: invocation.project.selectors.written(),
        };
        let kept = Some(Kept { parse: head.parse, read_back: true });
        Some(Parsed { manifest, warnings: head.warnings, kept })
    }
}

/// Renders a node again, to see whether it still refers to the same and has the same config.
fn says_the_same(invocation: &Arc<Invocation>, node: &Node) -> bool {
    let mut again = node.clone();
    let Ok(in_file) = sql_nodes::capture(invocation, &mut again) else { return false };
    again.refs == node.refs
        && again.sources == node.sources
        && again.metrics == node.metrics
        && again.functions == node.functions
        && again.depends_on_macros == node.depends_on_macros
        && in_file.iter().all(|(key, value)| node.unrendered_config.get(key) == Some(value))
}

fn read_chunk(bytes: &[u8]) -> Option<Vec<Node>> {
    let chunk: Chunk<Vec<Node>> = serde_json::from_slice(bytes).ok()?;
    if chunk.nodes.len() != chunk.which.len() {
        return None;
    }
    let mut nodes = chunk.nodes;
    for (node, (config, unrendered)) in nodes.iter_mut().zip(chunk.which) {
        node.config = chunk.configs.get(config)?.clone();
        node.unrendered_config = chunk.configs.get(unrendered)?.clone();
    }
    Some(nodes)
}

/// The next part of the file, its length before it.
fn section(rest: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = [0; 8];
    rest.read_exact(&mut length).ok()?;
    let length = u64::from_le_bytes(length);
    let mut section = Vec::new();
    // A length that is not true takes no memory that is not there.
    let read = rest.take(length).read_to_end(&mut section).ok()?;
    (read as u64 == length).then_some(section)
}

/// Whether a model warns from some day on.
fn is_deprecated_some_day(node: &Node) -> bool {
    node.model().is_some_and(|model| model.deprecation_date.is_some())
}

/// Keeps what parsing gave. A failure to keep it is not an error: the next run parses again.
pub(super) fn store(invocation: &Invocation, key: &str, parsed: &Parsed) -> Option<Kept> {
    let manifest = &parsed.manifest;
    let all: Vec<&Node> = manifest.nodes.iter().chain(&manifest.disabled).collect();
    let head = Head {
        key: key.to_owned(),
        parse: invocation.id.clone(),
        variables: inputs::variables(),
        flags: inputs::flags_were_read().then(|| flags(invocation)),
        volatile: all.iter().any(|node| node.volatile || is_deprecated_some_day(node)),
        warnings: parsed.warnings.clone(),
        groups: manifest.groups.clone(),
        macro_patches: manifest.macro_patches.clone(),
        enabled: manifest.nodes.len(),
    };
    let chunks: Option<Vec<Vec<u8>>> = all.par_chunks(CHUNK).map(write_chunk).collect();
    let (chunks, head) = (chunks?, serde_json::to_vec(&head).ok()?);
    let mut out = MAGIC.to_vec();
    for part in std::iter::once(&head).chain(&chunks) {
        out.extend((part.len() as u64).to_le_bytes());
        out.extend(part);
    }
    let file = invocation.settings.target_folder.join(FILE);
    let beside = invocation.settings.target_folder.join(format!("{FILE}.{}.tmp", std::process::id()));
    let written = std::fs::create_dir_all(&invocation.settings.target_folder)
        .and_then(|()| std::fs::write(&beside, out))
        .and_then(|()| std::fs::rename(&beside, &file));
    if written.is_err() {
        std::fs::remove_file(&beside).ok();
        return None;
    }
    Some(Kept { parse: invocation.id.clone(), read_back: false })
}

fn write_chunk(nodes: &[&Node]) -> Option<Vec<u8>> {
    let mut known: HashMap<*const Object, usize> = HashMap::new();
    let mut configs: Vec<Arc<Object>> = Vec::new();
    let mut place = |config: &Arc<Object>| {
        *known.entry(Arc::as_ptr(config)).or_insert_with(|| {
            configs.push(config.clone());
            configs.len() - 1
        })
    };
    let which = nodes.iter().map(|node| (place(&node.config), place(&node.unrendered_config))).collect();
    serde_json::to_vec(&Chunk { nodes, configs, which }).ok()
}
