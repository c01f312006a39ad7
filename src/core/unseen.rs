//! Letters that a person does not see and a terminal or a viewer may obey: which they are, and how they
//! are written where nothing may be left out (JSON, the record, the log).
//!
//! Pure. What is shown to a person is cleaned by `ui/text.rs`, which leaves them out; it asks here which
//! they are, so that no two outputs disagree.

use std::fmt::Write;

/// Characters that show nothing or change what others show: directions, joiners, fillers, tags, every
/// format character of Unicode, and what is ignorable by default.
pub fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}'
        | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Hidden, a control character (C0, DEL, C1), or a line or paragraph separator.
pub fn is_unseen(letter: char) -> bool {
    letter.is_control() || is_hidden(letter) || matches!(letter, '\u{2028}' | '\u{2029}')
}

/// An address of the web that can be given to a browser or put into an escape sequence: letters that an address
/// may have (RFC 3986) and no others, so that nothing on its way takes a part of it for its own.
pub fn is_web_address(text: &str) -> bool {
    let is_of_address = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    (text.starts_with("https://") || text.starts_with("http://")) && text.bytes().all(is_of_address)
}

/// JSON in which every unseen letter is written as an escape. It is the same JSON: such letters stand in
/// strings only; the line breaks between its values stay.
pub fn safe_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        // A control character below 0x20 cannot stand in a string of JSON.
        if is_unseen(letter) && letter >= ' ' {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// The text as one line in which every unseen letter is written as Rust writes it: `\n`, `\u{1b}`.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unseen(letter) { safe.extend(letter.escape_default()) } else { safe.push(letter) }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_character_that_unicode_calls_format_or_ignorable_is_unseen() {
        let rule = regex::Regex::new(r"^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]$");
        let rule = rule.unwrap();
        let missed: Vec<String> = ('\0'..=char::MAX)
            .filter(|letter| rule.is_match(letter.encode_utf8(&mut [0; 4])) && !is_unseen(*letter))
            .map(|letter| format!("{:x}", u32::from(letter)))
            .collect();
        assert!(missed.is_empty(), "{missed:?}");
        let seen = "aé漢字ﾞ👩🇩🇪שלום\u{301}\u{a0} |─";
        assert!(!seen.chars().any(is_unseen));
    }

    #[test]
    fn json_from_outside_the_first_plane_is_escaped_in_two_halves() {
        assert_eq!(safe_json("\"a\u{9b}\u{61c}\u{e0041}b\""), "\"a\\u009b\\u061c\\udb40\\udc41b\"");
    }

    #[test]
    fn a_line_of_the_log_is_one_line() {
        assert_eq!(escaped("a\nb\u{1b}]0;t\u{7} é\u{202e}"), "a\\nb\\u{1b}]0;t\\u{7} é\\u{202e}");
    }

    proptest! {
        #[test]
        fn safe_json_is_the_same_json_and_holds_nothing_unseen(text in "[\u{0}-\u{9f}\u{200b}-\u{206f}\u{e0001}é\\\\\"]*|.*") {
            let safe = safe_json(&serde_json::to_string(&text).unwrap());
            prop_assert!(!safe.chars().any(is_unseen), "{safe:?}");
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }
}
