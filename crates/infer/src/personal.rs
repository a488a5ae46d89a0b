//! What looks like data of persons, by the names of columns and by their values; and names of numbers that are not quantities.

use crate::evidence::ColumnEvidence;
use ingot_contract::DataType;

/// Words in names, with what the column then holds.
const WORDS: [(&[&str], &str); 11] = [
    (&["email", "mail", "e_mail"], "an e-mail address"),
    (&["phone", "telephone", "mobile", "tel", "fax", "telefon", "handy"], "a phone number"),
    (
        &["firstname", "lastname", "surname", "fullname", "givenname", "familyname", "vorname", "nachname"],
        "a name",
    ),
    (&["address", "street", "adresse", "strasse", "addr"], "an address"),
    (&["birth", "birthday", "dob", "birthdate", "geburtsdatum"], "a date of birth"),
    (&["iban", "bic", "accountnumber", "bankaccount"], "a bank account"),
    (&["card", "cardnumber", "creditcard", "pan"], "a card number"),
    (&["ssn", "passport", "taxid", "nationalid"], "a number of a person"),
    (&["zip", "zipcode", "postcode", "postalcode", "plz"], "a post code"),
    (&["customername", "contactname", "username", "employeename", "personname"], "a name"),
    (&["ip", "ipaddress"], "the address of a device"),
];

/// Words in names of numbers whose zeros and signs count.
const DIGITS_COUNT: [&str; 26] = [
    "phone",
    "telephone",
    "mobile",
    "tel",
    "fax",
    "zip",
    "zipcode",
    "postcode",
    "postal",
    "postalcode",
    "plz",
    "iban",
    "bic",
    "ssn",
    "passport",
    "isbn",
    "ean",
    "gtin",
    "barcode",
    "upc",
    "card",
    "cardnumber",
    "siret",
    "telefon",
    "accountnumber",
    "vat",
];

/// The words of a name: `homePhone`, `home_phone` and `Home Phone` are `home` and `phone`; and all of them in one.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        let is_new = !letter.is_alphanumeric() || (letter.is_uppercase() && was_lower);
        if is_new && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase();
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    let pairs: Vec<String> = words.windows(2).map(<[String]>::concat).collect();
    words.extend(pairs);
    words
}

/// Why the column looks personal.
pub(crate) fn reason(name: &str, evidence: &ColumnEvidence, data_type: &DataType) -> Option<String> {
    let looked_at = evidence.values.min(1000);
    if looked_at > 0 && evidence.like_email * 10 >= looked_at * 8 {
        return Some("its values are e-mail addresses".to_owned());
    }
    if matches!(data_type, DataType::Bool | DataType::F64 | DataType::Decimal { .. }) {
        return None;
    }
    let words = words(name);
    let (_, what) =
        WORDS.into_iter().find(|(known, _)| words.iter().any(|word| known.contains(&word.as_str())))?;
    Some(format!("by its name it is {what}"))
}

/// Whether digits in a column of this name are not a quantity.
pub(crate) fn keeps_digits(name: &str) -> bool {
    words(name).iter().any(|word| DIGITS_COUNT.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        assert!(keeps_digits("homePhone") && keeps_digits("Post Code") && keeps_digits("zip"));
        assert!(!keeps_digits("zipped_files") && !keeps_digits("amount") && !keeps_digits("telemetry"));
        let evidence = ColumnEvidence::default();
        let found = |name| reason(name, &evidence, &DataType::Str);
        assert_eq!(found("First Name").as_deref(), Some("by its name it is a name"));
        assert!(found("date_of_birth").is_some() && found("creditCardNumber").is_some());
        assert!(found("product_name").is_none() && found("amount").is_none());
    }
}
