//! `selectors.yml`: selections with names, in YAML.

use crate::json_values::{Object, Render, python_str, scalar_text};
use crate::project::yaml_files;
use crate::select::criterion;
use crate::select::criterion::Criterion;
use crate::select::indirect::IndirectSelection;
use crate::select::spec::Spec;
use ingot_core::error::{Error, Result, nearest};
use ingot_core::yaml::{Node, Value};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// The selectors of a project.
#[derive(Debug, Default)]
pub(crate) struct Selectors {
    file: PathBuf,
    all: Vec<Named>,
}

#[derive(Debug)]
struct Named {
    name: String,
    spec: Spec,
    is_default: bool,
    /// As the manifest has it: its definition in one form, however it is written.
    written: Json,
}

impl Selectors {
    /// Reads `selectors.yml` (or `selectors.yaml`) of the project's root, if it has one.
    ///
    /// # Errors
    /// What is wrong in the file, with its line.
    pub(crate) fn read(root: &Path, render_text: Render) -> Result<Self> {
        let found = ["selectors.yml", "selectors.yaml"].map(|name| root.join(name));
        let Some(file) = found.into_iter().find(|file| file.is_file()) else { return Ok(Self::default()) };
        let document = yaml_files::read_rendered(&file, render_text)?;
        let mut out = Self { file, all: Vec::new() };
        let list = document.get("selectors").and_then(Node::as_list).ok_or_else(|| {
            Error::new("selectors.yml must have a list under `selectors:`")
                .at(&out.file)
                .hint("write each as `- name: ...` with a `definition:`")
        })?;
        for entry in list {
            let named = out.named(entry).map_err(|error| match error.place() {
                Some(_) => error,
                None => error.at_line(&out.file, entry.line),
            })?;
            if out.all.iter().any(|other| other.name == named.name) {
                return Err(Error::new(format!("there are two selectors '{}'", named.name))
                    .at_line(&out.file, entry.line)
                    .hint("rename one"));
            }
            out.all.push(named);
        }
        Ok(out)
    }

    /// The selector of that name.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn get(&self, name: &str) -> Result<Spec> {
        self.all.iter().find(|named| named.name == name).map(|named| named.spec.clone()).ok_or_else(|| {
            let error = Error::new(format!("there is no selector '{name}'"));
            let names = || self.all.iter().map(|named| named.name.as_str());
            match nearest(name, names()) {
                Some(near) => error.at(&self.file).hint(format!("did you mean '{near}'?")),
                None if self.all.is_empty() => error.hint("the project has no selectors.yml"),
                None => error
                    .at(&self.file)
                    .hint(format!("there are: {}", names().collect::<Vec<_>>().join(", "))),
            }
        })
    }

    /// The one with `default: true`, taken where nothing else is selected.
    pub(crate) fn default_one(&self) -> Option<Spec> {
        self.all.iter().find(|named| named.is_default).map(|named| named.spec.clone())
    }

    /// As the manifest has them, by name.
    pub(crate) fn written(&self) -> Object {
        self.all.iter().map(|named| (named.name.clone(), named.written.clone())).collect()
    }

    fn named(&self, entry: &Node) -> Result<Named> {
        let name = entry.get("name").and_then(Node::scalar_text).ok_or_else(|| {
            Error::new("a selector has no name").hint("every entry starts with `- name: ...`")
        })?;
        let definition = entry.get("definition").ok_or_else(|| {
            Error::new(format!("selector '{name}' has no definition"))
                .hint("add a definition, such as `definition: tag:nightly`")
        })?;
        let is_default = match entry.get("default").map(|node| &node.value) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::Str(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        };
        let mut written = entry.to_json();
        if let Json::Object(written) = &mut written {
            written.insert("definition".to_owned(), self.in_one_form(&definition.to_json()));
        }
        Ok(Named { spec: self.definition(definition)?, written, name, is_default })
    }

    /// A definition with its words taken apart, and other selectors put in where they are named.
    fn in_one_form(&self, definition: &Json) -> Json {
        let each = |list: &Json| -> Json {
            list.as_array().into_iter().flatten().map(|one| self.in_one_form(one)).collect()
        };
        let members = match definition {
            Json::String(word) => return word_in_one_form(word),
            Json::Object(members) => members,
            other => return other.clone(),
        };
        for key in ["union", "intersection"] {
            if let Some(list) = members.get(key) {
                return json!({key: each(list)});
            }
        }
        let Some((key, value)) = members.iter().next() else { return definition.clone() };
        let value = if value.is_array() { each(value) } else { value.clone() };
        if key == "exclude" {
            return json!({key: value});
        }
        if members.len() == 1 {
            return json!({"method": key, "value": value});
        }
        let named = (key == "method" && value == "selector").then(|| {
            let wanted = members.get("value").and_then(Json::as_str);
            self.all.iter().find(|named| Some(named.name.as_str()) == wanted)
        });
        match named.flatten() {
            Some(named) => named.written.get("definition").cloned().unwrap_or_default(),
            None => definition.clone(),
        }
    }

    fn definition(&self, node: &Node) -> Result<Spec> {
        let wrong = |text: String| Error::new(text).at_line(&self.file, node.line);
        if let Some(text) = node.scalar_text() {
            let one = criterion::parse(&text).map_err(|error| {
                if error.place().is_some() { error } else { error.at_line(&self.file, node.line) }
            })?;
            return Ok(Spec::One(one));
        }
        let Some(members) = node.as_map() else {
            return Err(wrong(format!("a definition is text or a mapping, and this is {}", node.kind()))
                .hint("write `tag:nightly`, or {method: tag, value: nightly}, or a list under `union:`"));
        };
        for (key, is_union) in [("union", true), ("intersection", false)] {
            if let Some(parts) = members.get(key) {
                let (parts, out) = self.parts(parts, key)?;
                let spec = if is_union {
                    Spec::Union(parts, IndirectSelection::Eager)
                } else {
                    Spec::Intersection(parts, IndirectSelection::Eager)
                };
                return Ok(without(spec, out));
            }
        }
        if members.len() == 1 && !members.contains_key("method") && !members.contains_key("value") {
            let (method, value) =
                members.first().map(|(key, value)| (key.clone(), value.to_json())).unwrap_or_default();
            return Ok(Spec::One(self.criterion(&method, &value, &Object::new(), node)?));
        }
        let text = |key: &str| members.get(key).map(Node::to_json);
        let (Some(method), Some(value)) = (text("method"), text("value")) else {
            let keys: Vec<&str> = members.keys().map(String::as_str).collect();
            return Err(wrong(format!(
                "a definition needs `method` and `value`, and has {}",
                keys.join(", ")
            )));
        };
        let method = scalar_text(&method).unwrap_or_default();
        if method == "selector" {
            return self.get(&scalar_text(&value).unwrap_or_default()).map_err(|error| {
                error.at_line(&self.file, node.line).hint("define a selector above those that use it")
            });
        }
        let options: Object = members.iter().map(|(key, value)| (key.clone(), value.to_json())).collect();
        let one = Spec::One(self.criterion(&method, &value, &options, node)?);
        match members.get("exclude") {
            Some(list) => {
                let (parts, _) = self.parts(list, "exclude")?;
                Ok(without(one, Some(Spec::Union(parts, IndirectSelection::Eager))))
            }
            None => Ok(one),
        }
    }

    /// The parts of a union or an intersection, and what its `exclude:` takes away.
    fn parts(&self, list: &Node, key: &str) -> Result<(Vec<Spec>, Option<Spec>)> {
        let items = list.as_list().ok_or_else(|| {
            Error::new(format!("`{key}:` must be a list, and is {}", list.kind()))
                .at_line(&self.file, list.line)
        })?;
        let (mut parts, mut out) = (Vec::new(), None);
        for item in items {
            let excluded =
                item.as_map().filter(|members| members.len() == 1).and_then(|members| members.get("exclude"));
            match excluded {
                None => parts.push(self.definition(item)?),
                Some(_) if out.is_some() => {
                    return Err(Error::new(format!("`{key}:` has two `exclude:`"))
                        .at_line(&self.file, item.line)
                        .hint("join the two lists"));
                }
                Some(excluded) => {
                    let (excluded, _) = self.parts(excluded, "exclude")?;
                    out = Some(Spec::Union(excluded, IndirectSelection::Eager));
                }
            }
        }
        Ok((parts, out))
    }

    fn criterion(&self, method: &str, value: &Json, options: &Object, node: &Node) -> Result<Criterion> {
        let value = scalar_text(value).unwrap_or_else(|| python_str(value));
        let mut one =
            criterion::parse(&format!("{method}:x")).map_err(|error| error.at_line(&self.file, node.line))?;
        one.value = value;
        let flag = |key: &str| options.get(key).and_then(Json::as_bool).unwrap_or(false);
        let depth = |key: &str| options.get(key).and_then(Json::as_u64).map(|depth| depth as usize);
        one.parents = flag("parents").then(|| depth("parents_depth"));
        one.children = flag("children").then(|| depth("children_depth"));
        one.closed = flag("childrens_parents");
        if let Some(word) = options.get("indirect_selection").and_then(Json::as_str) {
            one.indirect =
                Some(IndirectSelection::of(word).map_err(|error| error.at_line(&self.file, node.line))?);
        }
        Ok(one)
    }
}

/// `2+tag:a`, as a mapping.
fn word_in_one_form(word: &str) -> Json {
    let Ok(one) = criterion::parse(word) else { return word.into() };
    let mut out = Object::new();
    let method: Vec<&str> =
        std::iter::once(one.method.as_str()).chain(one.arguments.iter().map(String::as_str)).collect();
    out.insert("method".to_owned(), method.join(".").into());
    out.insert("value".to_owned(), one.value.into());
    if one.closed {
        out.insert("childrens_parents".to_owned(), true.into());
    }
    for (name, depth) in [("parents", one.parents), ("children", one.children)] {
        let Some(depth) = depth else { continue };
        out.insert(name.to_owned(), true.into());
        if let Some(depth) = depth {
            out.insert(format!("{name}_depth"), depth.to_string().into());
        }
    }
    out.into()
}

fn without(spec: Spec, out: Option<Spec>) -> Spec {
    match out {
        Some(out) => Spec::Difference(Box::new(spec), Box::new(out)),
        None => spec,
    }
}
