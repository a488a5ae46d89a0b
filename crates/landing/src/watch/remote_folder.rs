//! Whether a folder is on another machine, which does not tell this one of new files.

use std::path::Path;

/// The kind of file system, if it is one whose files others change unnoticed.
#[cfg(target_os = "linux")]
pub(super) fn remote_file_system(folder: &Path) -> Option<&'static str> {
    // As in linux/magic.h and in the sources of these file systems.
    let name = match u64::try_from(rustix::fs::statfs(folder).ok()?.f_type).ok()? & 0xffff_ffff {
        0x6969 => "NFS",
        0xfe53_4d42 | 0xff53_4d42 | 0x517b => "SMB",
        0x6573_5546 => "FUSE",
        0x0102_1997 => "9p",
        0x00c3_6400 => "Ceph",
        0x7461_636f => "OCFS2",
        0x0116_1970 => "GFS2",
        _ => return None,
    };
    Some(name)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn remote_file_system(_folder: &Path) -> Option<&'static str> {
    None
}
