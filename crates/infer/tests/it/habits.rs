//! How programs write CSV: delimiters, quotes, nulls, numbers, dates, and what they put around the table.

use std::io::Write as _;

/// When fields are in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quoting {
    Minimal,
    All,
    /// Texts only, as R and Python's QUOTE_NONNUMERIC do.
    Texts,
    /// Never; the text has no delimiters.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bytes {
    Utf8,
    Utf8Mark,
    Windows1252,
    Utf16Mark,
}

/// What is in front of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Above {
    Nothing,
    /// Excel's line `sep=;`.
    Separator,
    Title,
}

/// What is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Below {
    Nothing,
    /// `(3 rows)`, as psql writes it.
    RowCount,
}

/// A column in front that the header names with nothing, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Index {
    None,
    Unnamed,
    Missing,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Habit {
    pub(crate) name: &'static str,
    pub(crate) delimiter: char,
    pub(crate) quoting: Quoting,
    pub(crate) line_end: &'static str,
    pub(crate) bytes: Bytes,
    pub(crate) header: bool,
    pub(crate) null: &'static str,
    /// Decimal sign, and sign between thousands.
    pub(crate) decimal: (char, Option<char>),
    pub(crate) date: &'static str,
    pub(crate) flags: (&'static str, &'static str),
    pub(crate) above: Above,
    pub(crate) below: Below,
    pub(crate) index: Index,
}

const PYTHON: Habit = Habit {
    name: "python csv",
    delimiter: ',',
    quoting: Quoting::Minimal,
    line_end: "\r\n",
    bytes: Bytes::Utf8,
    header: true,
    null: "",
    decimal: ('.', None),
    date: "ymd-",
    flags: ("True", "False"),
    above: Above::Nothing,
    below: Below::Nothing,
    index: Index::None,
};

/// The habits of many programs.
pub(crate) fn habits() -> Vec<Habit> {
    let excel = Habit {
        name: "excel csv",
        delimiter: ';',
        bytes: Bytes::Utf8Mark,
        decimal: (',', None),
        date: "dmy.",
        flags: ("TRUE", "FALSE"),
        ..PYTHON
    };
    let r = Habit {
        name: "R write.csv",
        quoting: Quoting::Texts,
        line_end: "\n",
        null: "NA",
        flags: ("TRUE", "FALSE"),
        ..PYTHON
    };
    vec![
        PYTHON,
        Habit { name: "python csv, all quoted", quoting: Quoting::All, ..PYTHON },
        Habit { name: "python csv, texts quoted", quoting: Quoting::Texts, ..PYTHON },
        Habit { name: "python csv, tabs", delimiter: '\t', ..PYTHON },
        Habit { name: "python csv, pipes", delimiter: '|', line_end: "\n", ..PYTHON },
        Habit { name: "python csv, no header", header: false, ..PYTHON },
        Habit { name: "pandas", line_end: "\n", ..PYTHON },
        Habit { name: "pandas with index", line_end: "\n", index: Index::Unnamed, ..PYTHON },
        Habit { name: "pandas na_rep", line_end: "\n", null: "NaN", ..PYTHON },
        Habit {
            name: "pandas decimal comma",
            line_end: "\n",
            delimiter: ';',
            decimal: (',', None),
            ..PYTHON
        },
        r,
        Habit { name: "R write.csv with row names", index: Index::Unnamed, ..r },
        Habit { name: "R write.csv2", delimiter: ';', decimal: (',', None), ..r },
        Habit { name: "R write.table", delimiter: ' ', index: Index::Missing, ..r },
        Habit { name: "R write.table tabs", delimiter: '\t', index: Index::Missing, ..r },
        excel,
        Habit { name: "excel csv, windows", bytes: Bytes::Windows1252, ..excel },
        Habit { name: "excel csv, sep line", above: Above::Separator, ..excel },
        Habit { name: "excel csv, US", delimiter: ',', decimal: ('.', None), date: "mdy/", ..excel },
        Habit { name: "excel csv, UK", delimiter: ',', decimal: ('.', None), date: "dmy/", ..excel },
        Habit { name: "excel unicode text", delimiter: '\t', bytes: Bytes::Utf16Mark, ..excel },
        Habit { name: "excel csv, thousands", decimal: (',', Some('.')), ..excel },
        Habit { name: "excel csv, title", above: Above::Title, ..excel },
        Habit { name: "bank, swiss", decimal: ('.', Some('\'')), ..excel },
        Habit {
            name: "bank, french",
            decimal: (',', Some('\u{a0}')),
            flags: ("oui", "non"),
            date: "dmy/",
            ..excel
        },
        Habit { name: "postgres copy csv", line_end: "\n", flags: ("t", "f"), ..PYTHON },
        Habit {
            name: "postgres copy text",
            line_end: "\n",
            delimiter: '\t',
            quoting: Quoting::Never,
            null: "\\N",
            header: false,
            flags: ("t", "f"),
            ..PYTHON
        },
        Habit {
            name: "psql unaligned",
            line_end: "\n",
            delimiter: '|',
            quoting: Quoting::Never,
            flags: ("t", "f"),
            below: Below::RowCount,
            ..PYTHON
        },
        Habit {
            name: "mysql",
            line_end: "\n",
            delimiter: '\t',
            quoting: Quoting::Never,
            null: "NULL",
            flags: ("1", "0"),
            ..PYTHON
        },
        Habit {
            name: "sql server bcp",
            delimiter: '|',
            quoting: Quoting::Never,
            header: false,
            flags: ("1", "0"),
            ..PYTHON
        },
        Habit { name: "spark", line_end: "\n", flags: ("true", "false"), ..PYTHON },
        Habit { name: "sas", null: ".", ..PYTHON },
        Habit { name: "oracle sqlplus", delimiter: ';', date: "dMony-", flags: ("Y", "N"), ..PYTHON },
        Habit {
            name: "hive text",
            delimiter: '\u{1}',
            quoting: Quoting::Never,
            line_end: "\n",
            null: "\\N",
            header: false,
            ..PYTHON
        },
        Habit { name: "caret", delimiter: '^', quoting: Quoting::Never, line_end: "\n", ..PYTHON },
        Habit { name: "old mac", line_end: "\r", ..PYTHON },
        Habit { name: "yes and no", flags: ("yes", "no"), date: "ymd/", ..PYTHON },
    ]
}

/// A cell: its text in the file, and its value in the usual form.
pub(crate) type Cell = (String, String);

/// A table: names, and for each row its cells as they are in the file and as they are meant. Null is empty in both.
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    /// Without the columns of an index.
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A stream of numbers that is the same every time.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

pub(crate) const NAMES: [&str; 12] =
    ["order_id", "sku", "plz", "amount", "big", "price", "day", "at", "paid", "note", "phone", "town"];

/// Whether a column holds texts, which some programs quote.
const TEXTS: [bool; 12] = [false, true, true, false, false, false, true, true, false, true, true, true];

impl Habit {
    /// A table of so many rows in this habit.
    pub(crate) fn write(&self, seed: u64, rows: usize) -> Written {
        let mut numbers = Numbers(seed);
        let table: Vec<Vec<Cell>> = (0..rows).map(|row| self.row(row, &mut numbers)).collect();
        let mut text = String::new();
        match self.above {
            Above::Nothing => {}
            Above::Separator => text.push_str(&format!("sep={}{}", self.delimiter, self.line_end)),
            Above::Title => text.push_str(&format!("Orders of May{0}Made by hand{0}{0}", self.line_end)),
        }
        if self.header {
            let mut names: Vec<String> = NAMES.iter().map(|name| self.field(name, true)).collect();
            if self.index == Index::Unnamed {
                names.insert(0, self.field("", true));
            }
            self.push_line(&names, &mut text);
        }
        for (at, row) in table.iter().enumerate() {
            let mut fields: Vec<String> = row
                .iter()
                .zip(TEXTS)
                .map(
                    |((raw, _), is_text)| {
                        if raw.is_empty() { self.null.to_owned() } else { self.field(raw, is_text) }
                    },
                )
                .collect();
            if self.index != Index::None {
                fields.insert(0, self.field(&at.to_string(), self.index == Index::Missing));
            }
            self.push_line(&fields, &mut text);
        }
        if self.below == Below::RowCount {
            text.push_str(&format!("({rows} rows){}", self.line_end));
        }
        Written { bytes: self.encoded(&text), rows: table }
    }

    fn push_line(&self, fields: &[String], text: &mut String) {
        text.push_str(&fields.join(&self.delimiter.to_string()));
        text.push_str(self.line_end);
    }

    fn field(&self, text: &str, is_text: bool) -> String {
        let needs = text.contains([self.delimiter, '"', '\n', '\r']);
        let quoted = match self.quoting {
            Quoting::Minimal => needs,
            Quoting::All => true,
            Quoting::Texts => is_text || needs,
            Quoting::Never => false,
        };
        if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
    }

    fn row(&self, row: usize, numbers: &mut Numbers) -> Vec<Cell> {
        let same = |text: String| (text.clone(), text);
        let day = (2019 + numbers.next(6), 1 + numbers.next(12), 1 + numbers.next(28));
        let cents = numbers.next(99_999_999);
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        let price = format!("{}.{:04}", numbers.next(90), numbers.next(10_000));
        let at = format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            day.0,
            day.1,
            day.2,
            numbers.next(24),
            numbers.next(60),
            numbers.next(60)
        );
        let paid = numbers.next(2) == 0;
        let flag = if paid { self.flags.0 } else { self.flags.1 };
        let is_bit = self.flags.0 == "1";
        let note = match (numbers.next(6), self.quoting) {
            (0, Quoting::Minimal | Quoting::All | Quoting::Texts) => {
                format!("a{0} \"b\" and {0}c", self.delimiter)
            }
            (1, Quoting::Minimal | Quoting::All | Quoting::Texts) if row > 2 => "two\nlines".to_owned(),
            (2, _) => "café".to_owned(),
            (3, _) => String::new(),
            _ => format!("note number {}", numbers.next(1000)),
        };
        let optional = |cell: Cell, numbers: &mut Numbers| {
            if numbers.next(8) == 0 { (String::new(), String::new()) } else { cell }
        };
        let amount = optional((self.number(&amount), amount), numbers);
        vec![
            same((1000 + row).to_string()),
            same(format!("0{:04}", numbers.next(9_999))),
            same(format!("{:05}", numbers.next(99_999))),
            amount,
            same(format!("990719925474099{:05}", numbers.next(99_999))),
            (self.number(&price), price),
            (self.date(day), format!("{:04}-{:02}-{:02}", day.0, day.1, day.2)),
            same(at),
            (flag.to_owned(), if is_bit { flag.to_owned() } else { paid.to_string() }),
            same(note),
            same(format!("+49{}", numbers.next(99_999_999))),
            same(["Wien", "Graz", "Linz"][numbers.next(3) as usize].to_owned()),
        ]
    }

    fn number(&self, plain: &str) -> String {
        let (whole, fraction) = plain.split_once('.').unwrap();
        let whole = match self.decimal.1 {
            None => whole.to_owned(),
            Some(sign) => {
                let mut grouped = String::new();
                for (at, digit) in whole.chars().enumerate() {
                    if at > 0 && (whole.len() - at) % 3 == 0 {
                        grouped.push(sign);
                    }
                    grouped.push(digit);
                }
                grouped
            }
        };
        format!("{whole}{}{fraction}", self.decimal.0)
    }

    fn date(&self, (year, month, day): (u64, u64, u64)) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        match self.date {
            "dmy." => format!("{day:02}.{month:02}.{year}"),
            "dmy/" => format!("{day:02}/{month:02}/{year}"),
            "mdy/" => format!("{month}/{day}/{year}"),
            "ymd/" => format!("{year}/{month:02}/{day:02}"),
            "dMony-" => format!("{day:02}-{}-{year}", MONTHS[month as usize - 1]),
            _ => format!("{year}-{month:02}-{day:02}"),
        }
    }

    fn encoded(&self, text: &str) -> Vec<u8> {
        match self.bytes {
            Bytes::Utf8 => text.as_bytes().to_vec(),
            Bytes::Utf8Mark => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            Bytes::Windows1252 => {
                text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect()
            }
            Bytes::Utf16Mark => {
                [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
            }
        }
    }
}

/// As gzip or zstd writes it.
pub(crate) fn compressed(bytes: &[u8], ending: &str) -> Vec<u8> {
    match ending {
        ".gz" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        ".zst" => zstd::encode_all(bytes, 1).unwrap(),
        _ => bytes.to_vec(),
    }
}
