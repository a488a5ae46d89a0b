//! What parsing gave is kept in `target/partial_parse.ingot`, and taken up again when nothing that it was
//! made of has changed.
//!
//! A stale cache cannot be observed, because nothing is trusted but content. The key is a hash over every
//! file in the project's folders and its packages', the project files as rendered, profile, target,
//! variables and this program itself. Environment variables and flags that templates read are kept with
//! their values and compared. A model that asked for the time is rendered again, and must say the same.
//! What cannot be checked like this (the time asked for in a YAML file, say) is not kept at all.

use super::super::context::{Shared, inputs};
use super::super::manifest::{Lookup, Manifest};
use super::super::nodes::{Group, Node};
use super::super::project_files::ProjectFile;
use super::super::properties::Entry;
use super::super::warnings::Warning;
use super::super::yaml_values::Object;
use super::{Parsed, sql_files};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

const FILE: &str = "partial_parse.ingot";
/// The first bytes of the file.
const MAGIC: &[u8] = b"ingot parse 1\n";
/// How many nodes are read by one thread at a time.
const CHUNK: usize = 2000;

/// Everything but the nodes.
#[derive(Serialize, Deserialize)]
struct Head {
    key: String,
    variables: BTreeMap<String, Option<String>>,
    /// The flags, if a template looked at them.
    flags: Option<String>,
    warnings: Vec<Warning>,
    groups: Vec<Group>,
    macro_patches: Vec<Entry>,
    /// How many nodes are switched on; the rest are not.
    enabled: usize,
}

/// Some nodes, their configs told apart: most nodes share theirs with many others.
#[derive(Serialize, Deserialize)]
struct Chunk<N> {
    nodes: N,
    configs: Vec<Object>,
    /// For each node, its config and its unrendered config.
    which: Vec<(usize, usize)>,
}

/// The hash over all that a parse is made of and that is known before it. `None`: an input cannot be read.
pub fn key(shared: &Shared) -> Option<String> {
    let projects: Vec<&ProjectFile> = std::iter::once(&shared.root).chain(&shared.packages).collect();
    let mut hash = Xxh3::new();
    let mut put = |text: &str| {
        hash.update(&text.len().to_le_bytes());
        hash.update(text.as_bytes());
    };
    put(env!("CARGO_PKG_VERSION"));
    // A program built anew may parse otherwise.
    let program = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    put(&format!("{} {:?}", program.len(), program.modified().ok()?));
    put(&format!("{:?}", shared.target));
    put(&serde_json::to_string(&shared.cli_vars).ok()?);
    put(&format!("{}", shared.store_failures));
    let mut files: Vec<PathBuf> = Vec::new();
    for project in &projects {
        put(&project.fingerprint());
        put(&project.root.to_string_lossy());
        let folders = [
            &project.model_paths,
            &project.seed_paths,
            &project.snapshot_paths,
            &project.test_paths,
            &project.macro_paths,
            &project.analysis_paths,
            &project.docs_paths,
        ];
        let mut folders: Vec<&String> = folders.into_iter().flatten().collect();
        folders.sort();
        folders.dedup();
        for folder in folders {
            files.extend(all_files(&project.root.join(folder))?);
        }
        for file in ["selectors.yml", "selectors.yaml", "packages.yml", "dependencies.yml"] {
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

/// Every file below a folder; a folder that is not there has none.
fn all_files(folder: &Path) -> Option<Vec<PathBuf>> {
    if !folder.exists() {
        return Some(Vec::new());
    }
    let mut out = Vec::new();
    for entry in walkdir::WalkDir::new(folder).follow_links(true) {
        // A link that leads nowhere is no file; anything else that cannot be read is a reason not to trust.
        match entry {
            Ok(entry) if entry.file_type().is_file() => out.push(entry.into_path()),
            Ok(_) => {}
            Err(error)
                if error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound) => {}
            Err(_) => return None,
        }
    }
    Some(out)
}

/// The flags as far as templates can see them.
fn flags(shared: &Shared) -> String {
    format!("{:?}", shared.flags)
}

/// What was kept, if it is what parsing would give now.
pub fn load(shared: &Arc<Shared>, key: &str) -> Option<Parsed> {
    let bytes = std::fs::read(shared.target_folder.join(FILE)).ok()?;
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let head: Head = serde_json::from_slice(section(&mut rest)?).ok()?;
    let same_variables =
        head.variables.iter().all(|(name, value)| std::env::var(name).ok().as_ref() == value.as_ref());
    if head.key != key || !same_variables || head.flags.as_ref().is_some_and(|kept| *kept != flags(shared)) {
        return None;
    }
    let mut sections = Vec::new();
    while !rest.is_empty() {
        sections.push(section(&mut rest)?);
    }
    let chunks: Option<Vec<Vec<Node>>> = sections.into_par_iter().map(read_chunk).collect();
    let mut nodes: Vec<Node> = chunks?.into_iter().flatten().collect();
    if !nodes.par_iter().filter(|node| node.of_the_moment).all(|node| says_the_same(shared, node)) {
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
    let graph = super::graph_of(&nodes);
    let lookup = Lookup::new(&nodes, &disabled);
    let manifest = Manifest {
        nodes,
        graph,
        lookup,
        disabled,
        groups: head.groups,
        macro_patches: head.macro_patches,
        selectors: shared.selectors.written(),
    };
    Some(Parsed { manifest, warnings: head.warnings })
}

/// Renders a node again, to see whether it still refers to the same and has the same config.
fn says_the_same(shared: &Arc<Shared>, node: &Node) -> bool {
    let mut again = node.clone();
    let Ok(in_file) = sql_files::capture(shared, &mut again) else { return false };
    again.refs == node.refs
        && again.sources == node.sources
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
fn section<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, after) = rest.split_at_checked(8)?;
    let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
    let (section, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(section)
}

/// Keeps what parsing gave. That it cannot be kept is no error: the next run parses anew.
pub fn store(shared: &Shared, key: &str, parsed: &Parsed) {
    let manifest = &parsed.manifest;
    let head = Head {
        key: key.to_owned(),
        variables: inputs::variables(),
        flags: inputs::flags_were_read().then(|| flags(shared)),
        warnings: parsed.warnings.clone(),
        groups: manifest.groups.clone(),
        macro_patches: manifest.macro_patches.clone(),
        enabled: manifest.nodes.len(),
    };
    let all: Vec<&Node> = manifest.nodes.iter().chain(&manifest.disabled).collect();
    let chunks: Option<Vec<Vec<u8>>> = all.par_chunks(CHUNK).map(write_chunk).collect();
    let (Some(chunks), Ok(head)) = (chunks, serde_json::to_vec(&head)) else { return };
    let mut out = MAGIC.to_vec();
    for part in std::iter::once(&head).chain(&chunks) {
        out.extend((part.len() as u64).to_le_bytes());
        out.extend(part);
    }
    let file = shared.target_folder.join(FILE);
    let beside = shared.target_folder.join(format!("{FILE}.{}.tmp", std::process::id()));
    let written = std::fs::create_dir_all(&shared.target_folder)
        .and_then(|()| std::fs::write(&beside, out))
        .and_then(|()| std::fs::rename(&beside, &file));
    if written.is_err() {
        std::fs::remove_file(&beside).ok();
    }
}

fn write_chunk(nodes: &[&Node]) -> Option<Vec<u8>> {
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut configs: Vec<&Object> = Vec::new();
    let mut which = Vec::with_capacity(nodes.len());
    for node in nodes {
        let mut place = |config: &'_ Object| -> Option<usize> {
            let text = serde_json::to_vec(config).ok()?;
            let next = known.len();
            Some(*known.entry(text).or_insert(next))
        };
        let pair = (place(&node.config)?, place(&node.unrendered_config)?);
        for (index, config) in [(pair.0, &node.config), (pair.1, &node.unrendered_config)] {
            if index == configs.len() {
                configs.push(config);
            }
        }
        which.push(pair);
    }
    let configs: Vec<Object> = configs.into_iter().cloned().collect();
    serde_json::to_vec(&Chunk { nodes, configs, which }).ok()
}
