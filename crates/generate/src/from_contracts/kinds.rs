//! What a text is about: names, addresses, accounts, words, in the manner of a country. The crate `fake` makes them.
//! A contract names a kind under `ingot.generate`; without it, the name of the column tells.

use super::chance::Chance;
use fake::Fake;
use fake::faker::{address, company, creditcard, internet, job, lorem, name, phone_number};
use fake::locales::{
    AR_SA, CY_GB, DE_DE, EN, FA_IR, FR_FR, IT_IT, JA_JP, NL_NL, PT_BR, PT_PT, TR_TR, ZH_CN, ZH_TW,
};

/// Declares the kinds with their names in contracts.
macro_rules! kinds {
    ($($kind:ident $name:literal),+ $(,)?) => {
        /// What a text is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($kind),+ }

        impl Kind {
            /// As contracts write them.
            pub(crate) const ALL: &'static [(&'static str, Kind)] = &[$(($name, Kind::$kind)),+];
        }
    };
}

kinds! {
    FirstName "first_name", LastName "last_name", Name "name", Title "title", Email "email", Phone "phone",
    Username "username", Street "street", HouseNumber "house_number", Address "address", City "city",
    PostCode "post_code", State "state", Country "country", CountryCode "country_code", TimeZone "time_zone",
    Company "company", Industry "industry", Job "job", Iban "iban", Bic "bic", CreditCard "credit_card",
    Currency "currency", Url "url", Domain "domain", Ipv4 "ipv4", Ipv6 "ipv6", Mac "mac",
    UserAgent "user_agent", Uuid "uuid", Word "word", Words "words", Sentence "sentence",
    Paragraph "paragraph", Colour "colour", Language "language", Product "product", Code "code",
    Hexadecimal "hexadecimal",
}

/// The country in whose manner names and addresses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Locale {
    En,
    Ar,
    Cy,
    De,
    Fa,
    Fr,
    It,
    Ja,
    Nl,
    PtBr,
    PtPt,
    Tr,
    ZhCn,
    ZhTw,
}

impl Locale {
    /// As contracts write them; `de_DE` and `de-DE` are `de` as well.
    pub(crate) const ALL: [(&'static str, Self); 14] = [
        ("en", Self::En),
        ("ar", Self::Ar),
        ("cy", Self::Cy),
        ("de", Self::De),
        ("fa", Self::Fa),
        ("fr", Self::Fr),
        ("it", Self::It),
        ("ja", Self::Ja),
        ("nl", Self::Nl),
        ("pt_br", Self::PtBr),
        ("pt_pt", Self::PtPt),
        ("tr", Self::Tr),
        ("zh_cn", Self::ZhCn),
        ("zh_tw", Self::ZhTw),
    ];

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('-', "_");
        let language = name.split('_').next().unwrap_or_default();
        let find = |wanted: &str| Self::ALL.iter().find(|(known, _)| *known == wanted).map(|(_, one)| *one);
        find(&name).or_else(|| find(language)).or(match language {
            "pt" => Some(Self::PtPt),
            "zh" => Some(Self::ZhCn),
            _ => None,
        })
    }
}

/// A text of the faker `$make` in the manner of `$locale`.
macro_rules! in_locale {
    ($locale:expr, $chance:expr, $make:path $(, $argument:expr)*) => {
        match $locale {
            Locale::En => $make(EN $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::Ar => $make(AR_SA $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::Cy => $make(CY_GB $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::De => $make(DE_DE $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::Fa => $make(FA_IR $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::Fr => $make(FR_FR $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::It => $make(IT_IT $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::Ja => $make(JA_JP $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::Nl => $make(NL_NL $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::PtBr => $make(PT_BR $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::PtPt => $make(PT_PT $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::Tr => $make(TR_TR $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::ZhCn => $make(ZH_CN $(, $argument)*).fake_with_rng::<String, _>($chance),
            Locale::ZhTw => $make(ZH_TW $(, $argument)*).fake_with_rng::<String, _>($chance),
        }
    };
}

const CURRENCIES: [&str; 12] =
    ["EUR", "USD", "GBP", "CHF", "JPY", "AUD", "CAD", "SEK", "DKK", "PLN", "NOK", "NZD"];
const COLOURS: [&str; 12] = [
    "black", "white", "red", "green", "blue", "yellow", "orange", "purple", "brown", "grey", "pink", "silver",
];
const LANGUAGES: [&str; 10] = ["en", "de", "fr", "it", "es", "nl", "pt", "pl", "sv", "ja"];
const MATERIALS: [&str; 10] =
    ["Steel", "Oak", "Cotton", "Ceramic", "Glass", "Leather", "Bamboo", "Copper", "Linen", "Walnut"];
const THINGS: [&str; 14] = [
    "Chair", "Lamp", "Table", "Bowl", "Shelf", "Mug", "Basket", "Clock", "Mirror", "Rug", "Pan", "Stool",
    "Vase", "Tray",
];
/// Countries with the length of their IBAN behind the check digits, where that is all digits.
const IBANS: [(&str, usize); 6] = [("DE", 18), ("AT", 16), ("BE", 12), ("ES", 20), ("DK", 14), ("PL", 24)];

impl Kind {
    /// A text of this kind.
    pub(crate) fn text(self, locale: Locale, chance: &mut Chance) -> String {
        match self {
            Self::FirstName => in_locale!(locale, chance, name::raw::FirstName),
            Self::LastName => in_locale!(locale, chance, name::raw::LastName),
            Self::Name => in_locale!(locale, chance, name::raw::Name),
            Self::Title => in_locale!(locale, chance, name::raw::Title),
            Self::Email => format!("{}@{}", user(chance), domain(chance)),
            Self::Phone => in_locale!(locale, chance, phone_number::raw::PhoneNumber),
            Self::Username => user(chance),
            Self::Street => in_locale!(locale, chance, address::raw::StreetName),
            Self::HouseNumber => (1 + chance.below(180)).to_string(),
            Self::Address => {
                let street = in_locale!(locale, chance, address::raw::StreetName);
                format!("{street} {}", 1 + chance.below(180))
            }
            Self::City => in_locale!(locale, chance, address::raw::CityName),
            Self::PostCode => in_locale!(locale, chance, address::raw::PostCode),
            Self::State => in_locale!(locale, chance, address::raw::StateName),
            Self::Country => in_locale!(locale, chance, address::raw::CountryName),
            Self::CountryCode => in_locale!(Locale::En, chance, address::raw::CountryCode),
            Self::TimeZone => in_locale!(Locale::En, chance, address::raw::TimeZone),
            Self::Company => in_locale!(locale, chance, company::raw::CompanyName),
            Self::Industry => in_locale!(Locale::En, chance, company::raw::Industry),
            Self::Job => in_locale!(Locale::En, chance, job::raw::Title),
            Self::Iban => iban(chance),
            Self::Bic => {
                let (country, _) = IBANS[chance.below(IBANS.len() as u64) as usize];
                format!("{}{country}{}", letters(chance, 4), letters(chance, 2))
            }
            Self::CreditCard => in_locale!(Locale::En, chance, creditcard::raw::CreditCardNumber),
            Self::Currency => pick(chance, &CURRENCIES),
            Self::Url => format!("https://{}/{}", domain(chance), word(chance)),
            Self::Domain => domain(chance),
            Self::Ipv4 => format!("10.{}.{}.{}", chance.below(256), chance.below(256), 1 + chance.below(254)),
            Self::Ipv6 => format!("2001:db8::{:x}:{:x}", chance.below(65_536), 1 + chance.below(65_535)),
            Self::Mac => in_locale!(Locale::En, chance, internet::raw::MACAddress),
            Self::UserAgent => in_locale!(Locale::En, chance, internet::raw::UserAgent),
            Self::Uuid => uuid(chance),
            Self::Word => word(chance),
            Self::Words => format!("{} {}", word(chance), word(chance)),
            Self::Sentence => in_locale!(locale, chance, lorem::raw::Sentence, 4..10),
            Self::Paragraph => in_locale!(locale, chance, lorem::raw::Paragraph, 2..4),
            Self::Colour => pick(chance, &COLOURS),
            Self::Language => pick(chance, &LANGUAGES),
            Self::Product => format!("{} {}", pick(chance, &MATERIALS), pick(chance, &THINGS)),
            Self::Code => format!("{}-{:04}", letters(chance, 3), chance.below(10_000)),
            Self::Hexadecimal => format!("{:016x}", chance.bits()),
        }
    }

    /// A text of this kind that no other number has.
    pub(crate) fn unique_text(self, number: u64, locale: Locale, chance: &mut Chance) -> String {
        match self {
            Self::Email => format!("{}{number}@{}", user(chance), domain(chance)),
            Self::Username => format!("{}{number}", user(chance)),
            Self::Phone => format!("+49 170 {:07}", number),
            Self::Url => format!("https://{}/{number}", domain(chance)),
            Self::Domain => format!("{}{number}.example", word(chance)),
            Self::Ipv4 => {
                let number = number as u32;
                format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255)
            }
            Self::Ipv6 => format!("2001:db8::{:x}:{:x}", number >> 16 & 0xffff, number & 0xffff),
            // The number in front, the rest at random.
            Self::Uuid => format!("{:08x}{}", number as u32, &uuid(chance)[8..]),
            Self::Hexadecimal => format!("{number:016x}"),
            Self::Code => format!("{}-{number:04}", letters(chance, 3)),
            Self::Iban => iban_of("DE", &format!("{number:018}")),
            Self::CreditCard => format!("4{number:015}"),
            Self::PostCode | Self::HouseNumber => format!("{number:05}"),
            other => format!("{} {number}", other.text(locale, chance)),
        }
    }

    /// The kind that a column of this name is likely to have.
    pub(crate) fn of_column(name: &str) -> Option<Self> {
        let name = snake_case(name);
        let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
        let both = |one: &[&str], other: &[&str]| has(one) && has(other);
        let joined = words.concat();
        Some(match () {
            () if has(&["email", "mail"]) || joined.ends_with("email") => Self::Email,
            () if has(&["phone", "mobile", "tel", "telephone", "fax", "cell"]) => Self::Phone,
            () if joined.contains("firstname") || joined.contains("givenname") || has(&["forename"]) => {
                Self::FirstName
            }
            () if joined.contains("lastname") || has(&["surname"]) || joined.contains("familyname") => {
                Self::LastName
            }
            () if has(&["user", "login", "account"]) && has(&["name"])
                || has(&["username", "login", "nickname"]) =>
            {
                Self::Username
            }
            () if both(
                &["company", "supplier", "vendor", "employer", "organisation", "organization", "firm"],
                &["name"],
            ) || has(&["company", "employer", "firm", "manufacturer"]) =>
            {
                Self::Company
            }
            () if both(&["product", "item", "article"], &["name", "title"])
                || has(&["product"]) && words.len() == 1 =>
            {
                Self::Product
            }
            () if both(&["country", "nation"], &["code", "iso"]) => Self::CountryCode,
            () if has(&["country", "nation"]) => Self::Country,
            () if both(&["city"], &["name"]) || has(&["city", "town", "place"]) => Self::City,
            () if has(&["zip", "zipcode", "postcode", "postal", "plz"]) || joined.contains("postcode") => {
                Self::PostCode
            }
            () if has(&["street"]) => Self::Street,
            () if has(&["address"]) && !has(&["ip", "mac"]) => Self::Address,
            () if has(&["state", "province", "region", "county"]) && !has(&["status"]) => Self::State,
            () if has(&["iban"]) => Self::Iban,
            () if has(&["bic", "swift"]) => Self::Bic,
            () if has(&["card"]) && has(&["number", "no", "credit"]) => Self::CreditCard,
            () if has(&["currency", "ccy"]) => Self::Currency,
            () if has(&["url", "uri", "link", "website", "homepage"]) => Self::Url,
            () if has(&["domain", "hostname", "host"]) => Self::Domain,
            () if has(&["ip", "ipv4"]) => Self::Ipv4,
            () if has(&["ipv6"]) => Self::Ipv6,
            () if has(&["mac"]) => Self::Mac,
            () if joined.contains("useragent") => Self::UserAgent,
            () if has(&["uuid", "guid"]) => Self::Uuid,
            () if joined.contains("timezone") => Self::TimeZone,
            () if has(&["job", "profession", "position", "occupation"]) => Self::Job,
            () if has(&["industry", "sector", "branch"]) => Self::Industry,
            () if has(&["colour", "color"]) => Self::Colour,
            () if has(&["language", "lang", "locale"]) => Self::Language,
            () if has(&["hash", "checksum", "token", "digest"]) => Self::Hexadecimal,
            () if has(&[
                "description",
                "comment",
                "comments",
                "note",
                "notes",
                "remark",
                "text",
                "message",
            ]) =>
            {
                Self::Sentence
            }
            () if has(&["code", "sku", "ref", "reference", "number", "no"]) => Self::Code,
            () if has(&["person", "customer", "contact", "employee", "owner", "author", "full"])
                && has(&["name"])
                || has(&["fullname", "author", "contact"])
                || words.as_slice() == ["name"] =>
            {
                Self::Name
            }
            () if has(&["title", "name", "label"]) => Self::Words,
            () => return None,
        })
    }
}

/// `customerId` and `Customer ID` as `customer_id`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            out.push('_');
        }
        out.extend(if letter.is_alphanumeric() { letter.to_lowercase().next() } else { Some('_') });
        before = letter;
    }
    out
}

fn pick(chance: &mut Chance, choices: &[&str]) -> String {
    choices[chance.below(choices.len() as u64) as usize].to_owned()
}

fn letters(chance: &mut Chance, count: usize) -> String {
    (0..count).map(|_| char::from(b'A' + chance.below(26) as u8)).collect()
}

fn word(chance: &mut Chance) -> String {
    in_locale!(Locale::En, chance, lorem::raw::Word)
}

/// Always ASCII, so that it fits where an e-mail address is demanded.
fn user(chance: &mut Chance) -> String {
    let first = in_locale!(Locale::En, chance, name::raw::FirstName);
    let last = in_locale!(Locale::En, chance, name::raw::LastName);
    format!("{first}.{last}")
        .to_ascii_lowercase()
        .replace(|letter: char| !letter.is_ascii_lowercase() && letter != '.', "")
}

/// Reserved for examples by RFC 2606, so that no mail reaches anybody.
fn domain(chance: &mut Chance) -> String {
    pick(chance, &["example.com", "example.org", "example.net", "mail.example.com", "shop.example.org"])
}

fn uuid(chance: &mut Chance) -> String {
    // Version 4 of RFC 9562.
    let bits = (u128::from(chance.bits()) << 64) | u128::from(chance.bits());
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
}

fn iban(chance: &mut Chance) -> String {
    let (country, digits) = IBANS[chance.below(IBANS.len() as u64) as usize];
    let account: String = (0..digits).map(|_| char::from(b'0' + chance.below(10) as u8)).collect();
    iban_of(country, &account)
}

/// With the check digits of ISO 13616: the number with the country behind it, letters as 10 to 35, modulo 97.
fn iban_of(country: &str, account: &str) -> String {
    let text = format!("{account}{country}00");
    let remainder = text.bytes().fold(0u32, |remainder, letter| match letter {
        b'0'..=b'9' => (remainder * 10 + u32::from(letter - b'0')) % 97,
        _ => (remainder * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    format!("{country}{:02}{account}", 98 - remainder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_understood_by_their_names() {
        for (name, kind) in [
            ("email", Some(Kind::Email)),
            ("customerEmail", Some(Kind::Email)),
            ("First Name", Some(Kind::FirstName)),
            ("country_code", Some(Kind::CountryCode)),
            ("IBAN", Some(Kind::Iban)),
            ("name", Some(Kind::Name)),
            ("zip", Some(Kind::PostCode)),
            ("quux", None),
        ] {
            assert_eq!(Kind::of_column(name), kind, "{name}");
        }
    }

    #[test]
    fn accounts_have_their_check_digits() {
        // The example of the standard's Wikipedia article.
        assert_eq!(iban_of("DE", "370400440532013000"), "DE89370400440532013000");
        let mut chance = Chance::new(1);
        for (_, kind) in Kind::ALL {
            for (_, locale) in Locale::ALL {
                assert!(!kind.text(locale, &mut chance).is_empty(), "{kind:?} {locale:?}");
            }
        }
        assert_eq!(Locale::of_name("de-DE"), Some(Locale::De));
        assert_eq!(Locale::of_name("pt"), Some(Locale::PtPt));
        assert_eq!(Locale::of_name("xx"), None);
    }
}
