//! The small part of OData that the two business services speak here.
//!
//! Owns `$filter` (comparisons joined by `and` or `or`, no parentheses), `$select` and key
//! segments. What it does not understand it refuses, as the services do; it never guesses.

use serde_json::Value;

/// Whether `row` satisfies `filter`.
///
/// # Errors
/// Names the part that is not understood, or the column that the row does not have.
pub fn matches(row: &Value, filter: &str) -> Result<bool, String> {
    let mut any = false;
    for alternative in filter.split(" or ") {
        let mut all = true;
        for comparison in alternative.split(" and ") {
            all &= compare(row, comparison.trim())?;
        }
        any |= all;
    }
    Ok(any)
}

fn compare(row: &Value, comparison: &str) -> Result<bool, String> {
    let mut words = comparison.splitn(3, ' ');
    let (Some(column), Some(operator), Some(literal)) = (words.next(), words.next(), words.next()) else {
        return Err(format!("Syntax error in the filter at '{comparison}'."));
    };
    let Some(value) = row.get(column) else {
        return Err(format!("Could not find a property named '{column}'."));
    };
    let equal = match literal.trim() {
        "null" => value.is_null(),
        "true" => value == &Value::Bool(true),
        "false" => value == &Value::Bool(false),
        text => match text.strip_prefix('\'').map(|rest| rest.strip_suffix('\'')) {
            Some(Some(quoted)) if is_id(value) => {
                return Err(format!("A binary operator with incompatible types was detected: '{quoted}' is text."));
            }
            Some(Some(quoted)) => {
                value.as_str().is_some_and(|own| own.eq_ignore_ascii_case(&quoted.replace("''", "'")))
            }
            Some(None) => return Err(format!("There is an unterminated literal in the filter at '{text}'.")),
            None if is_id(&Value::String(text.to_owned())) => {
                value.as_str().is_some_and(|own| own.eq_ignore_ascii_case(text))
            }
            None if text.parse::<i64>().is_ok() => value.as_i64() == text.parse().ok(),
            None => return Err(format!("Syntax error in the filter at '{text}'.")),
        },
    };
    match operator {
        "eq" => Ok(equal),
        "ne" => Ok(!equal),
        other => Err(format!("The operator '{other}' is not supported.")),
    }
}

fn is_id(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok())
}

/// The columns of `$select`, with the key and the annotations; everything without a `$select`.
///
/// # Errors
/// Names a column that the row does not have.
pub fn select(row: &Value, columns: Option<&str>, key: &str) -> Result<Value, String> {
    let (Some(columns), Value::Object(fields)) = (columns, row) else { return Ok(row.clone()) };
    let wanted: Vec<&str> = columns.split(',').map(str::trim).collect();
    if let Some(unknown) = wanted.iter().find(|name| !fields.contains_key(**name)) {
        return Err(format!("Could not find a property named '{unknown}'."));
    }
    let kept = fields
        .iter()
        .filter(|(name, _)| name.starts_with('@') || name.as_str() == key || wanted.contains(&name.as_str()));
    Ok(Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

/// The key of a segment `set(key)`, without quotes and `name=`.
pub fn key_of<'a>(segment: &'a str, set: &str) -> Option<&'a str> {
    let key = segment.strip_prefix(set)?.strip_prefix('(')?.strip_suffix(')')?;
    let value = key.split_once('=').map_or(key, |(_, value)| value);
    Some(value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const APP: &str = "2e49aa60-1bd3-43b6-8ab6-03ada3d9f08b";

    fn row() -> Value {
        json!({"@odata.etag": "W/1", "id": "k", "app": APP, "name": "O'Neill", "parent": null, "mode": 4, "off": false})
    }

    #[test]
    fn comparisons_read_ids_text_numbers_and_null() {
        for (filter, expected) in [
            (format!("app eq {}", APP.to_uppercase()), true),
            ("app ne null".to_owned(), true),
            ("parent eq null".to_owned(), true),
            ("name eq 'o''neill' and mode eq 4".to_owned(), true),
            ("mode eq 5 or off eq false".to_owned(), true),
            ("name eq 'Ada'".to_owned(), false),
        ] {
            assert_eq!(matches(&row(), &filter), Ok(expected), "{filter}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for filter in [&format!("app eq '{APP}'"), "(mode eq 4)", "mode gt 3", "mode", "colour eq 1", "name eq 'x", ""]
        {
            assert!(matches(&row(), filter).is_err(), "{filter}");
        }
    }

    #[test]
    fn selected_columns_come_with_the_key() {
        assert_eq!(select(&row(), Some("mode"), "id"), Ok(json!({"@odata.etag": "W/1", "id": "k", "mode": 4})));
        assert!(select(&row(), Some("colour"), "id").is_err());
    }

    #[test]
    fn keys_come_in_three_spellings() {
        for segment in ["rows(x-1)", "rows('x-1')", "rows(Id='x-1')"] {
            assert_eq!(key_of(segment, "rows"), Some("x-1"));
        }
        assert_eq!(key_of("rows", "rows"), None);
    }
}
