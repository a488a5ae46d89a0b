//! The parser of libyaml, which is also PyYAML's, as an iterator over owned events. Its port to Rust keeps C's
//! interface, so all that is unsafe about YAML is in this file.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// Line and column, both 1-based, in characters.
pub(super) type Position = (usize, usize);

/// What the parser meets, in the order of the text.
#[derive(Debug, PartialEq)]
pub(super) enum Event {
    DocumentStart,
    Alias(String),
    Scalar(Scalar),
    ListStart {
        anchor: Option<String>,
        tag: Option<String>,
    },
    MapStart {
        anchor: Option<String>,
        tag: Option<String>,
    },
    /// The end of the list or mapping that was opened last.
    End,
    /// What has no meaning for values: the ends of documents and of the text.
    Other,
}

#[derive(Debug, PartialEq)]
pub(super) struct Scalar {
    pub(super) anchor: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) text: String,
    /// Written without quotes, and not a block of text.
    pub(super) is_plain: bool,
    /// Whether it means what it looks like, as plain scalars do that have no tag.
    pub(super) is_implicit: bool,
}

/// Why a text is not YAML.
#[derive(Debug)]
pub(super) enum Refused {
    /// What was being read, if that is known, what is wrong, and where.
    Syntax(String, Position),
    /// A character that YAML does not allow, by its byte in the text.
    Character(usize),
}

/// The events of a text. It ends after the last one, or after an error.
pub(super) struct Events<'t> {
    /// On the heap, because the parser keeps pointers into itself.
    parser: Box<MaybeUninit<unsafe_libyaml::yaml_parser_t>>,
    is_done: bool,
    /// The parser reads the text where it is.
    text: PhantomData<&'t str>,
}

impl<'t> Events<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut parser = Box::new(MaybeUninit::uninit());
        // SAFETY: initialize() fills the parser before anything else uses it, and fails only without memory. The text is
        // borrowed for as long as the parser lives, and is UTF-8.
        unsafe {
            let raw = parser.as_mut_ptr();
            assert!(unsafe_libyaml::yaml_parser_initialize(raw).ok, "no memory for the YAML parser");
            unsafe_libyaml::yaml_parser_set_encoding(raw, unsafe_libyaml::YAML_UTF8_ENCODING);
            unsafe_libyaml::yaml_parser_set_input_string(raw, text.as_ptr(), text.len() as u64);
        }
        Self { parser, is_done: false, text: PhantomData }
    }

    fn refused(&self) -> Refused {
        // SAFETY: the parser is initialized; its texts are constants of libyaml's, or null.
        unsafe {
            let parser = &*self.parser.as_ptr();
            if parser.error == unsafe_libyaml::YAML_READER_ERROR {
                return Refused::Character(usize::try_from(parser.problem_offset).unwrap_or(0));
            }
            let what = [constant(parser.context), constant(parser.problem)];
            let what: Vec<&str> = what.into_iter().flatten().collect();
            Refused::Syntax(what.join(", "), position(parser.problem_mark))
        }
    }
}

impl Drop for Events<'_> {
    fn drop(&mut self) {
        // SAFETY: the parser was initialized, and nothing uses it any more.
        unsafe { unsafe_libyaml::yaml_parser_delete(self.parser.as_mut_ptr()) }
    }
}

impl Iterator for Events<'_> {
    type Item = Result<(Event, Position), Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let mut event = MaybeUninit::<unsafe_libyaml::yaml_event_t>::uninit();
        // SAFETY: the parser is initialized; where it says that it succeeded it has filled the event, of which everything is
        // copied before it is deleted.
        unsafe {
            if unsafe_libyaml::yaml_parser_parse(self.parser.as_mut_ptr(), event.as_mut_ptr()).fail {
                self.is_done = true;
                return Some(Err(self.refused()));
            }
            let raw = event.assume_init_mut();
            self.is_done = raw.type_ == unsafe_libyaml::YAML_STREAM_END_EVENT;
            let copied = (owned(raw), position(raw.start_mark));
            unsafe_libyaml::yaml_event_delete(raw);
            Some(Ok(copied))
        }
    }
}

fn position(mark: unsafe_libyaml::yaml_mark_t) -> Position {
    let from_one = |number: u64| usize::try_from(number).unwrap_or(usize::MAX - 1) + 1;
    (from_one(mark.line), from_one(mark.column))
}

/// # Safety
/// The pointer is null or leads to a constant that ends with a zero.
unsafe fn constant(text: *const i8) -> Option<&'static str> {
    // SAFETY: as above.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text.cast()) }.to_str().unwrap_or_default())
}

/// # Safety
/// The pointer is null or leads to a text that ends with a zero.
unsafe fn name(text: *const u8) -> Option<String> {
    // SAFETY: as above.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text.cast()) }.to_string_lossy().into_owned())
}

/// # Safety
/// The parser has filled the event.
unsafe fn owned(event: &unsafe_libyaml::yaml_event_t) -> Event {
    // SAFETY: the type says which member of the union is filled; a scalar's value has as many bytes as its length says.
    unsafe {
        match event.type_ {
            unsafe_libyaml::YAML_DOCUMENT_START_EVENT => Event::DocumentStart,
            unsafe_libyaml::YAML_ALIAS_EVENT => {
                Event::Alias(name(event.data.alias.anchor).unwrap_or_default())
            }
            unsafe_libyaml::YAML_SCALAR_EVENT => {
                let scalar = event.data.scalar;
                let length = usize::try_from(scalar.length).unwrap_or(0);
                let bytes = std::slice::from_raw_parts(scalar.value, length);
                Event::Scalar(Scalar {
                    anchor: name(scalar.anchor),
                    tag: name(scalar.tag),
                    text: String::from_utf8_lossy(bytes).into_owned(),
                    is_plain: scalar.style == unsafe_libyaml::YAML_PLAIN_SCALAR_STYLE,
                    is_implicit: scalar.plain_implicit,
                })
            }
            unsafe_libyaml::YAML_SEQUENCE_START_EVENT => {
                let start = event.data.sequence_start;
                Event::ListStart { anchor: name(start.anchor), tag: name(start.tag) }
            }
            unsafe_libyaml::YAML_MAPPING_START_EVENT => {
                let start = event.data.mapping_start;
                Event::MapStart { anchor: name(start.anchor), tag: name(start.tag) }
            }
            unsafe_libyaml::YAML_SEQUENCE_END_EVENT | unsafe_libyaml::YAML_MAPPING_END_EVENT => Event::End,
            _ => Event::Other,
        }
    }
}
