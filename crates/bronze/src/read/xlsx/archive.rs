//! Examines a file before it is opened as a workbook: whether it is one, whether a password protects it, and how far it
//! expands. A workbook is a zip archive, and some of its parts are held in memory as a whole.

use crate::read::source::cannot_open;
use crate::read_error::FileFailure;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// A workbook may expand to this many times its size,
const MOST_RATIO: u64 = 250;
/// and to this many bytes whatever its size.
const ALWAYS_ALLOWED: u64 = 256 << 20;

/// The first bytes of Microsoft's compound files: workbooks of the old kind, and new ones with a password
/// ([MS-CFB](https://learn.microsoft.com/openspecs/windows_protocols/ms-cfb/), section 2.2).
const COMPOUND: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Opens the file if it is a workbook that can be read.
///
/// # Errors
/// `PASSWORD_PROTECTED`, `NOT_A_WORKBOOK`, `EXPANDS_TOO_FAR`, or why the file cannot be opened.
pub(crate) fn open(path: &Path) -> Result<File, FileFailure> {
    let mut file = File::open(path).map_err(|error| cannot_open(&error))?;
    let mut first = Vec::new();
    file.by_ref().take(8).read_to_end(&mut first).map_err(|error| cannot_open(&error))?;
    if first == COMPOUND {
        return Err(of_compound(&mut file));
    }
    rewind(&mut file)?;
    check_expansion(&file)?;
    rewind(&mut file)?;
    Ok(file)
}

fn rewind(file: &mut File) -> Result<(), FileFailure> {
    file.seek(SeekFrom::Start(0)).map(drop).map_err(|error| cannot_open(&error))
}

/// Which of the two it is can be told by the name of a part, which is in UTF-16.
fn of_compound(file: &mut File) -> FileFailure {
    let mut rest = Vec::new();
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    // In files of this size the directory of parts is within the first megabytes.
    if file.take(64 << 20).read_to_end(&mut rest).is_ok() && memchr::memmem::find(&rest, &name).is_some() {
        FileFailure::new("PASSWORD_PROTECTED", "the workbook is protected by a password; save it without one")
    } else {
        FileFailure::new("NOT_A_WORKBOOK", "this is a workbook of the old kind (.xls); save it as .xlsx")
    }
}

/// Counts what comes out of each part without keeping it: the sizes that an archive states may be wrong.
fn check_expansion(file: &File) -> Result<(), FileFailure> {
    let broken = |error: &dyn std::fmt::Display| FileFailure::new("NOT_A_WORKBOOK", error.to_string());
    let size = file.metadata().map_err(|error| cannot_open(&error))?.len();
    let most = ALWAYS_ALLOWED.max(size.saturating_mul(MOST_RATIO));
    let too_far = || {
        FileFailure::new(
            "EXPANDS_TOO_FAR",
            format!(
                "the workbook expands to more than {MOST_RATIO} times its size and more than {} MiB; if that is right, save its data as CSV",
                ALWAYS_ALLOWED >> 20
            ),
        )
    };
    let mut archive = zip::ZipArchive::new(file).map_err(|error| broken(&error))?;
    let mut expanded = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(&error))?;
        if part.size() > most - expanded {
            return Err(too_far());
        }
        expanded += std::io::copy(&mut part.take(most - expanded + 1), &mut std::io::sink())
            .map_err(|error| broken(&error))?;
        if expanded > most {
            return Err(too_far());
        }
    }
    Ok(())
}
