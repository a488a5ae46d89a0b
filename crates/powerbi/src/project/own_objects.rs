//! What somebody added to a file that ingot writes: measures, columns and hierarchies of a table that bear the annotation
//! `annotation own = yes`. TMDL has no comments that could mark a place, but any object may have annotations, and Power BI
//! Desktop keeps them (<https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview>).

const MARK: &str = "annotation own = yes";
/// What may be marked: objects directly below a table.
const KINDS: [&str; 3] = ["measure ", "column ", "hierarchy "];

/// The text without marked objects, and these.
pub(super) fn split(text: &str) -> (String, Vec<String>) {
    let (mut rest, mut own) = (String::new(), Vec::new());
    let mut block = String::new();
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        block.push_str(line);
        if is_below_table(line) && line.trim_start().starts_with("///") {
            // The description belongs to the object after it.
            continue;
        }
        if is_below_table(line) && KINDS.iter().any(|kind| line[1..].starts_with(kind)) {
            while let Some(line) = lines.next_if(|next| next.starts_with("\t\t") || next.trim().is_empty()) {
                block.push_str(line);
            }
        }
        let is_own = block.lines().any(|line| line.starts_with("\t\t") && line.trim() == MARK);
        let object = std::mem::take(&mut block);
        if is_own { own.push(format!("{}\n\n", object.trim_end())) } else { rest.push_str(&object) }
    }
    rest.push_str(&block);
    (rest, own)
}

/// The text of a table with marked objects before its partition.
pub(super) fn merge(text: &str, own: &[String]) -> String {
    let at = text.find("\tpartition ").unwrap_or(text.len());
    format!("{}{}{}", &text[..at], own.concat(), &text[at..])
}

fn is_below_table(line: &str) -> bool {
    line.starts_with('\t') && !line.starts_with("\t\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = "table a\n\tlineageTag: 1\n\n\t/// One.\n\tmeasure one = SUM(a[x])\n\t\tformatString: 0\n\n\tcolumn x\n\t\t\
                           dataType: int64\n\n\t\tannotation SummarizationSetBy = User\n\n\tpartition a = m\n\t\tmode: import\n";
    const OWN: &str = "\t/// Mine.\n\tmeasure 'my own' =\n\t\t\tVAR a = 1\n\n\t\t\tRETURN a\n\t\tformatString: 0\n\t\tannotation own = yes\n\n";

    #[test]
    fn marked_objects_are_taken_out_and_put_back() {
        assert_eq!(split(WRITTEN), (WRITTEN.to_owned(), Vec::new()));
        let merged = merge(WRITTEN, &[OWN.to_owned()]);
        assert_eq!(split(&merged), (WRITTEN.to_owned(), vec![OWN.to_owned()]));
        // Wherever somebody has put it.
        let first = WRITTEN.replace("\t/// One.", &format!("{OWN}\t/// One."));
        assert_eq!(split(&first), (WRITTEN.to_owned(), vec![OWN.to_owned()]));
    }

    #[test]
    fn an_object_without_the_mark_is_not_own() {
        let text =
            WRITTEN.replace("\tcolumn x", &format!("{}\tcolumn x", OWN.replace("own = yes", "own = no")));
        assert_eq!(split(&text), (text.clone(), Vec::new()));
    }
}
