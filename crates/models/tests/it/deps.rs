//! `deps`: packages from folders, repositories, archives and a hub, all of which are on this machine.

use crate::case::{Case, all_well};
use ingot_core::error::Error;
use ingot_models::{DepsRequest, NewPackage, PackageSource, Verb, WarningRules, deps};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Serves files on this machine, and keeps what was asked for.
struct Site {
    server: Arc<tiny_http::Server>,
    files: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    fn new() -> Self {
        let site = Self {
            server: Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap()),
            files: Arc::default(),
            asked: Arc::default(),
        };
        let (server, files, asked) = (site.server.clone(), site.files.clone(), site.asked.clone());
        std::thread::spawn(move || {
            for request in server.incoming_requests() {
                asked.lock().unwrap().push(request.url().to_owned());
                let file = files.lock().unwrap().get(request.url()).cloned();
                let answered = match file {
                    Some(content) => request.respond(tiny_http::Response::from_data(content)),
                    None => request.respond(tiny_http::Response::empty(404)),
                };
                answered.unwrap();
            }
        });
        site
    }
    fn address(&self) -> String {
        format!("http://{}/", self.server.server_addr().to_ip().unwrap())
    }
    fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.files.lock().unwrap().insert(path.to_owned(), content.into());
    }

    /// Puts versions of a package on the hub; each with what it needs and the versions of dbt that it works with.
    fn package(&self, name: &str, versions: &[(&str, Json, Json)]) {
        let (owner, short) = name.split_once('/').unwrap();
        let mut about = serde_json::Map::new();
        for (version, needs, dbt) in versions {
            let archive = format!("/files/{owner}/{short}/{version}.tar.gz");
            self.put(&archive, archive_of(short, version));
            let one = json!({
                "name": short, "packages": needs, "require_dbt_version": dbt,
                "downloads": {"tarball": format!("{}{}", self.address(), &archive[1..])},
            });
            about.insert((*version).to_owned(), one);
        }
        let page = json!({"name": short, "namespace": owner, "versions": about});
        self.put(&format!("/api/v1/{name}.json"), page.to_string());
        let index = self.files.lock().unwrap().get("/api/v1/index.json").cloned();
        let mut index: Vec<String> =
            index.map_or_else(Vec::new, |text| serde_json::from_slice(&text).unwrap());
        index.push(name.to_owned());
        self.put("/api/v1/index.json", json!(index).to_string());
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

fn project_yml(name: &str, version: &str) -> String {
    format!("name: {name}\nversion: '{version}'\n")
}

/// As hosts of repositories pack them: below a folder with the name of the commit.
fn archive_of(name: &str, version: &str) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let macro_text = format!("{{% macro version() %}}'{version}'{{% endmacro %}}");
    for (file, text) in [("dbt_project.yml", project_yml(name, version)), ("macros/version.sql", macro_text)]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("{name}-0a1b2c/{file}"), text.as_bytes()).unwrap();
    }
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(&archive.into_inner().unwrap()).unwrap();
    out.finish().unwrap()
}

fn request(site: &Site) -> DepsRequest {
    DepsRequest { hub: Some(site.address()), ..DepsRequest::default() }
}

fn install(case: &Case, request: &DepsRequest) -> Result<(), Error> {
    deps(&case.options(Verb::Build), request, case.ears())
}

fn read(case: &Case, file: &str) -> String {
    std::fs::read_to_string(case.folder.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The installed folders.
fn installed(case: &Case) -> Vec<String> {
    let entries = std::fs::read_dir(case.folder.path().join("dbt_packages")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository with two commits: the first has the tag 1.0, the second is the branch main. A project is at its top, and
/// another one in the folder `inner`.
fn repository() -> (tempfile::TempDir, [String; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    std::fs::create_dir(root.join("inner")).unwrap();
    let commit = |version: &str| {
        std::fs::write(root.join("dbt_project.yml"), project_yml("outer", version)).unwrap();
        std::fs::write(root.join("inner/dbt_project.yml"), project_yml("inner", version)).unwrap();
        git(root, &["add", "."]);
        git(root, &["commit", "--quiet", "-m", version]);
        git(root, &["rev-parse", "HEAD"])
    };
    let first = commit("1.0");
    git(root, &["tag", "1.0"]);
    let second = commit("2.0");
    (folder, [first, second])
}

#[test]
fn versions_of_the_hub_are_found_and_locked() {
    let site = Site::new();
    let needs = json!([{"package": "o/base", "version": [">=1.0.0", "<1.3.0"]}]);
    site.package("o/tools", &[("2.0.0", needs, json!([">=1.0.0", "<2.0.0"]))]);
    let any = || (json!([]), Json::Null);
    let mut versions: Vec<(&str, Json, Json)> = Vec::new();
    for version in ["1.0.0", "1.2.0", "1.10.0", "1.11.0-rc1"] {
        versions.push((version, any().0, any().1));
    }
    versions.push(("1.12.0", json!([]), json!([">=1.12.0", "<2.0.0"])));
    site.package("o/base", &versions);
    let case = Case::new(&[
        ("packages.yml", "packages:\n  - package: o/tools\n    version: 2.0.0\n"),
        ("models/m.sql", "select {{ base.version() }} as base, {{ tools.version() }} as tools"),
    ]);
    install(&case, &request(&site)).unwrap();
    assert_eq!(installed(&case), ["base", "tools"]);
    let lock = read(&case, "package-lock.yml");
    let entries = "packages:\n  - name: tools\n    package: o/tools\n    version: 2.0.0\n  - name: base\n    package: o/base\n    version: 1.2.0\nsha1_hash: ";
    assert!(lock.starts_with(entries), "{lock}");
    let said = case.said();
    for words in [
        "Installing o/base",
        "Installed from version 1.2.0",
        "Updated version available: 1.10.0",
        "Up to date!",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select count(*) from m where base = '1.2.0' and tools = '2.0.0'"), 1);

    // A newer version changes nothing until it is asked for.
    versions.push(("1.2.5", json!([]), Json::Null));
    site.package("o/base", &versions);
    install(&case, &request(&site)).unwrap();
    assert_eq!(read(&case, "package-lock.yml"), lock);
    install(&case, &DepsRequest { upgrade: true, only_locks: true, ..request(&site) }).unwrap();
    assert!(read(&case, "package-lock.yml").contains("version: 1.2.5"));
    assert!(read(&case, "dbt_packages/base/dbt_project.yml").contains("1.2.0"));
    install(&case, &request(&site)).unwrap();
    assert!(read(&case, "dbt_packages/base/dbt_project.yml").contains("1.2.5"));

    // A package that is no longer named is no longer installed.
    case.write("packages.yml", "packages:\n  - package: o/base\n    version: ['>=1.0.0', '<2.0.0']\n");
    install(&case, &request(&site)).unwrap();
    assert_eq!(installed(&case), ["base"]);
    assert!(read(&case, "package-lock.yml").contains("version: 1.10.0"));
    let mut unchecked = case.options(Verb::Build);
    unchecked.version_check = false;
    deps(&unchecked, &DepsRequest { upgrade: true, ..request(&site) }, case.ears()).unwrap();
    assert!(read(&case, "package-lock.yml").contains("version: 1.12.0"));
    case.write(
        "packages.yml",
        "packages: [{package: o/base, version: '>=1.10.0', install_prerelease: true}]\n",
    );
    install(&case, &request(&site)).unwrap();
    assert!(read(&case, "package-lock.yml").contains("version: 1.11.0-rc1"));
    assert!(
        std::fs::read_dir(case.folder.path())
            .unwrap()
            .all(|entry| { !entry.unwrap().file_name().to_string_lossy().starts_with(".dbt-deps") })
    );
}

#[test]
fn repositories_are_fetched_at_a_revision() {
    let (folder, [first, second]) = repository();
    let address = format!("file://{}", folder.path().display());
    let case = Case::new(&[(
        "packages.yml",
        &format!(
            "packages:\n  - git: {address}\n    revision: '1.0'\n  - git: {address}\n    subdirectory: inner\n    revision: {second}\n"
        ),
    )]);
    install(&case, &DepsRequest::default()).unwrap();
    assert_eq!(installed(&case), ["inner", "outer"]);
    assert!(read(&case, "dbt_packages/outer/dbt_project.yml").contains("1.0"));
    assert!(read(&case, "dbt_packages/inner/dbt_project.yml").contains("2.0"));
    let lock = read(&case, "package-lock.yml");
    for line in [
        format!("  - git: {address}\n    name: outer\n    revision: {first}\n"),
        format!("    name: inner\n    revision: {second}\n    subdirectory: inner\n"),
    ] {
        assert!(lock.contains(&line), "{line}: {lock}");
    }
    assert!(!case.said().contains("can change at any time"), "{}", case.said());

    case.write("packages.yml", &format!("packages:\n  - git: {address}\n"));
    install(&case, &DepsRequest::default()).unwrap();
    assert!(case.said().contains("has no revision"), "{}", case.said());
    assert!(read(&case, "package-lock.yml").contains(&second));
    let mut strict = case.options(Verb::Build);
    strict.warnings = Some(WarningRules::all_errors());
    let again = DepsRequest { upgrade: true, ..DepsRequest::default() };
    assert!(deps(&strict, &again, case.ears()).unwrap_err().message().contains("treated as an error"));
    case.write(
        "packages.yml",
        &format!("packages:\n  - git: {address}\n    revision: main\n    warn-unpinned: false\n"),
    );
    deps(&strict, &again, case.ears()).unwrap();

    for (entry, words) in [
        (format!("git: {address}\n    revision: no-such"), "cannot fetch the revision 'no-such'"),
        (format!("git: {address}\n    revision: '1.0'\n    subdirectory: elsewhere"), "not in"),
        (format!("git: {address}/lost\n    revision: '1.0'"), "cannot fetch"),
        ("git: --upload-pack=touch\n    revision: '1.0'".to_owned(), "begins with '-'"),
    ] {
        case.write("packages.yml", &format!("packages:\n  - {entry}\n"));
        let error = install(&case, &DepsRequest::default()).unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert_eq!(installed(&case), ["outer"]);
    }
}

#[test]
fn archives_are_installed_under_the_name_they_are_given() {
    let site = Site::new();
    site.put("/tools.tar.gz", archive_of("tools", "3.1.0"));
    site.put("/page.tar.gz", "<html>");
    let named =
        |file: &str| format!("packages:\n  - tarball: {}{file}\n    name: my_tools\n", site.address());
    let case = Case::new(&[("packages.yml", &named("tools.tar.gz"))]);
    install(&case, &request(&site)).unwrap();
    assert_eq!(installed(&case), ["my_tools"]);
    assert!(read(&case, "package-lock.yml").contains("  - name: my_tools\n    tarball: http://127.0.0.1"));
    for (file, words) in [("page.tar.gz", "cannot be unpacked"), ("lost.tar.gz", "404")] {
        case.write("packages.yml", &named(file));
        let error = install(&case, &request(&site)).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(installed(&case), ["my_tools"], "what was there before stays");
    }
}

#[test]
fn without_a_network_it_is_said_what_to_do() {
    // Nobody listens at a port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let case = Case::new(&[
        ("packages.yml", "packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.3.0\n"),
        ("dbt_packages/dbt_utils/dbt_project.yml", "name: dbt_utils\n"),
        ("models/m.sql", "select 1 as id"),
    ]);
    let request = DepsRequest { hub: Some(format!("http://127.0.0.1:{port}")), ..DepsRequest::default() };
    let error = install(&case, &request).unwrap_err();
    assert!(
        error.message().contains(&format!("cannot reach http://127.0.0.1:{port}/api/v1/index.json")),
        "{error}"
    );
    assert!(error.hint_text().unwrap().contains("copy the package there"), "{error}");
    all_well(&case, &case.go(Verb::Run));
    std::fs::remove_dir_all(case.folder.path().join("dbt_packages")).unwrap();
    let error = case.with(case.options(Verb::Run)).unwrap_err();
    assert!(
        error.dbts_words().unwrap().contains("Run \"dbt deps\" to install package dependencies"),
        "{error}"
    );
}

#[test]
fn packages_that_contradict_each_other_are_an_error() {
    let site = Site::new();
    site.package("o/base", &[("1.0.0", json!([]), Json::Null), ("2.0.0", json!([]), Json::Null)]);
    let needs = json!([{"package": "o/base", "version": "=2.0.0"}]);
    site.package("o/tools", &[("1.0.0", needs, Json::Null)]);
    site.package("p/base", &[("1.0.0", json!([]), Json::Null)]);
    let case = Case::new(&[("other/dbt_project.yml", "name: shop\n")]);
    let base = "{package: o/base, version: 1.0.0}";
    for (packages, words) in [
        (
            format!("{base}, {{package: o/tools, version: 1.0.0}}"),
            "no version of the package 'o/base' can fulfil all of '=1.0.0', '=2.0.0'",
        ),
        (format!("{base}, {{package: p/base, version: 1.0.0}}"), "both have the name 'base'"),
        (
            "{package: o/base, version: '>=3.0.0'}".to_owned(),
            "no version of the package 'o/base' in the range >=3.0.0",
        ),
        (
            "{package: o/bases, version: 1.0.0}".to_owned(),
            "Package o/bases was not found in the package index",
        ),
        ("{package: o/base, version: 1}".to_owned(), "'1' is not a valid version"),
        ("{local: other}".to_owned(), "has the name of this project"),
        ("{local: nowhere}".to_owned(), "the local package 'nowhere' is not there"),
        ("{private: o/base, revision: '1'}".to_owned(), "Please use a \"git\" package instead"),
        ("{package: o/base}".to_owned(), "packages.yml:1"),
    ] {
        case.write("packages.yml", &format!("packages: [{packages}]\n"));
        let error = install(&case, &request(&site)).unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(!case.folder.path().join("package-lock.yml").exists());
    }
    case.write("packages.yml", "packages: [{local: other}]\n");
    case.write("dependencies.yml", "packages: [{local: other}]\n");
    let error = install(&case, &request(&site)).unwrap_err();
    assert!(error.message().contains("both packages.yml and dependencies.yml"), "{error}");
}

#[test]
fn local_packages_are_links() {
    let case = Case::new(&[
        ("packages.yml", "packages:\n  - local: vendor/tools\n"),
        ("vendor/tools/dbt_project.yml", "name: tools\n"),
        // As under dbt, from the folder of the project that is built.
        ("vendor/tools/packages.yml", "packages:\n  - local: vendor/more\n"),
        ("vendor/more/dbt_project.yml", "name: more\n"),
        ("vendor/tools/macros/m.sql", "{% macro two() %}2{% endmacro %}"),
        ("models/a.sql", "select {{ tools.two() }} as two"),
    ]);
    install(&case, &DepsRequest::default()).unwrap();
    assert_eq!(installed(&case), ["more", "tools"]);
    assert!(case.said().contains("Installed from <local @ vendor/tools>"), "{}", case.said());
    all_well(&case, &case.go(Verb::Build));
    install(&case, &DepsRequest::default()).unwrap();
    assert!(case.folder.path().join("vendor/tools/macros/m.sql").is_file(), "what a link leads to stays");

    case.write("packages.yml", "packages:\n  - local: dbt_packages/tools\n");
    let error = install(&case, &DepsRequest::default()).unwrap_err();
    assert!(error.message().contains("whose content `deps` replaces"), "{error}");
    assert_eq!(installed(&case), ["more", "tools"]);
    case.write("dbt_project.yml", "name: shop\nprofile: shop\npackages-install-path: .\n");
    case.write("packages.yml", "packages:\n  - local: vendor/tools\n");
    assert!(
        install(&case, &DepsRequest::default()).unwrap_err().message().contains("has files of the project")
    );
    assert!(case.folder.path().join("models/a.sql").is_file());
}

#[test]
fn a_package_is_added_to_the_file() {
    let site = Site::new();
    site.package("o/base", &[("1.0.0", json!([]), Json::Null)]);
    let case = Case::new(&[("vendor/tools/dbt_project.yml", "name: tools\n")]);
    let add = |name: &str, source| DepsRequest {
        add: Some(NewPackage::parse(name, source).unwrap()),
        ..request(&site)
    };
    install(&case, &add("vendor/tools", PackageSource::Local)).unwrap();
    install(&case, &add("o/base@>=0.5.0,<2.0.0", PackageSource::Hub)).unwrap();
    install(&case, &add("o/base@1.0.0", PackageSource::Hub)).unwrap();
    assert_eq!(
        read(&case, "packages.yml"),
        "packages:\n  - local: vendor/tools\n  - package: o/base\n    version: 1.0.0\n"
    );
    assert_eq!(installed(&case), ["base", "tools"]);
    let said = case.said();
    assert!(
        said.contains("removing: {\"package\":\"o/base\",\"version\":[\">=0.5.0\",\"<2.0.0\"]}"),
        "{said}"
    );
}
