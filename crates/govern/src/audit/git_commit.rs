//! The commit that is checked out, read from git's own files: a command must not need git, nor wait for it.
//!
//! <https://git-scm.com/docs/gitrepository-layout>

use std::path::{Path, PathBuf};

/// The commit that is checked out in the repository which the folder is in; none outside of a repository, and none where git
/// keeps its references in another way (reftable).
pub(crate) fn checked_out(folder: &Path) -> Option<String> {
    let git = folder.ancestors().find_map(git_folder)?;
    let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else { return as_hash(&head) };
    // A work tree has a HEAD of its own, and shares its references with the others.
    let shared = std::fs::read_to_string(git.join("commondir")).ok().map(|path| git.join(path.trim()));
    [Some(git), shared].into_iter().flatten().find_map(|folder| {
        let loose = std::fs::read_to_string(folder.join(reference)).ok().and_then(|text| as_hash(&text));
        loose.or_else(|| packed(&folder, reference))
    })
}

/// The folder of git's own files, if `folder` is the root of a repository or work tree.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let told = std::fs::read_to_string(&git).ok()?;
    Some(folder.join(told.trim().strip_prefix("gitdir: ")?))
}

fn packed(git: &Path, reference: &str) -> Option<String> {
    let text = std::fs::read_to_string(git.join("packed-refs")).ok()?;
    text.lines().find_map(|line| {
        let (hash, name) = line.split_once(' ')?;
        if name == reference { as_hash(hash) } else { None }
    })
}

fn as_hash(text: &str) -> Option<String> {
    let text = text.trim();
    let is_hash = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789012345678901234567890123456789";

    fn write(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn loose_packed_detached_and_shared_references_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (root, inside) = (folder.path().join("repository"), folder.path().join("repository/a/project"));
        std::fs::create_dir_all(&inside).unwrap();
        assert_eq!(checked_out(&inside), None);
        write(&root.join(".git/HEAD"), "ref: refs/heads/main\n");
        assert_eq!(checked_out(&inside), None, "a repository without commits");
        write(&root.join(".git/packed-refs"), &format!("# pack-refs\n{HASH} refs/heads/main\n"));
        assert_eq!(checked_out(&inside).as_deref(), Some(HASH));
        let newer = HASH.replace('0', "a");
        write(&root.join(".git/refs/heads/main"), &format!("{newer}\n"));
        assert_eq!(checked_out(&inside), Some(newer.clone()));
        write(&root.join(".git/HEAD"), &format!("{HASH}\n"));
        assert_eq!(checked_out(&inside).as_deref(), Some(HASH));
        // A work tree beside it.
        let tree = folder.path().join("tree");
        write(&tree.join(".git"), "gitdir: ../repository/.git/worktrees/tree\n");
        write(&root.join(".git/worktrees/tree/HEAD"), "ref: refs/heads/main\n");
        write(&root.join(".git/worktrees/tree/commondir"), "../..\n");
        assert_eq!(checked_out(&tree), Some(newer));
    }
}
