//! The small part of OData that the business services speak here.
//!
//! Owns `$filter` (comparisons joined by `and` or `or`, no parentheses; `a/b` is column b of the row
//! in a), `$select`, `$expand` (with `$select` inside), `$top` and key segments. What it does not
//! understand it refuses, as the services do; it never guesses.

use super::call::Call;
use serde_json::Value;

/// How ids stand in a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// They have a type of their own and stand without quotes.
    Bare,
    /// They are text like any other and stand in quotes.
    Quoted,
}

/// A column that holds another row, or a list of rows. It is answered only when it is expanded.
#[derive(Clone, Copy, Debug)]
pub struct Navigation {
    /// Its name.
    pub name: &'static str,
    /// Key of the rows in it.
    pub key: &'static str,
    /// What may be selected of the rows in it.
    pub columns: &'static [&'static str],
}

/// A set of rows and what a question may name.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    /// The column that is answered whatever is selected; empty for a service that has none.
    pub key: &'a str,
    /// Columns that hold other rows.
    pub navigation: &'a [Navigation],
    /// How ids stand in a filter.
    pub ids: Ids,
    /// The rows.
    pub rows: Vec<Value>,
    /// A row that could be there: without any row, the question is read against this one.
    pub sample: Value,
}

/// What a request wants of a set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question<'a> {
    /// `$filter`.
    pub filter: Option<&'a str>,
    /// `$select`.
    pub select: Option<&'a str>,
    /// `$expand`.
    pub expand: Option<&'a str>,
    /// `$top`.
    pub top: Option<&'a str>,
}

impl<'a> Question<'a> {
    /// What a request asks.
    pub fn of(call: &'a Call) -> Self {
        let option = |name| call.query(name);
        Self { filter: option("$filter"), select: option("$select"), expand: option("$expand"), top: option("$top") }
    }
}

/// The rows that answer a question.
///
/// # Errors
/// Names the part that is not understood, or the column that the rows do not have.
pub fn ask(table: &Table, question: Question) -> Result<Vec<Value>, String> {
    let top = question.top.map(|text| text.trim().parse().map_err(|_| format!("Invalid value '{text}' for $top.")));
    let top: usize = top.transpose()?.unwrap_or(usize::MAX);
    let read = |row: &Value| {
        let passes = question.filter.map_or(Ok(true), |filter| matches(row, filter, table.ids))?;
        let seen = show(row, table.key, table.navigation, question.select, question.expand)?;
        Ok::<_, String>(passes.then_some(seen))
    };
    if table.rows.is_empty() {
        read(&table.sample)?;
    }
    let mut kept = Vec::new();
    for row in &table.rows {
        kept.extend(read(row)?);
    }
    kept.truncate(top);
    Ok(kept)
}

/// One row as it is answered: its selected columns, and of the rows it holds the expanded ones.
///
/// # Errors
/// Names what the row does not have.
pub fn show(
    row: &Value,
    key: &str,
    navigation: &[Navigation],
    columns: Option<&str>,
    expand: Option<&str>,
) -> Result<Value, String> {
    let mut own = row.clone();
    if let Value::Object(fields) = &mut own {
        fields.retain(|name, _| !navigation.iter().any(|one| one.name == name));
    }
    let mut seen = select(&own, columns, key)?;
    for item in expand.iter().flat_map(|text| pieces(text, ",")) {
        let (name, options) =
            item.trim().split_once('(').map_or((item.trim(), None), |(name, rest)| (name, Some(rest)));
        let Some(one) = navigation.iter().find(|one| one.name == name) else {
            return Err(format!("Could not find a property named '{name}'."));
        };
        let wanted = match options.map(|rest| rest.strip_suffix(')').and_then(|rest| rest.strip_prefix("$select="))) {
            None => None,
            Some(Some(wanted)) => Some(wanted),
            Some(None) => return Err(format!("Syntax error in the expansion at '{item}'.")),
        };
        let unknown =
            |wanted: &str| wanted.split(',').map(str::trim).find(|name| !one.columns.contains(name)).map(str::to_owned);
        if let Some(unknown) = wanted.and_then(unknown) {
            return Err(format!("Could not find a property named '{unknown}'."));
        }
        seen[name] = match row.get(name) {
            Some(Value::Array(rows)) => {
                rows.iter().map(|row| select(row, wanted, one.key)).collect::<Result<Vec<_>, _>>()?.into()
            }
            Some(row) => select(row, wanted, one.key)?,
            None => Value::Null,
        };
    }
    Ok(seen)
}

/// The pieces of a text between separators that stand neither in quotes nor in parentheses.
fn pieces<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut found, mut start, mut depth, mut is_quoted) = (Vec::new(), 0, 0_u32, false);
    for (at, sign) in text.char_indices() {
        match sign {
            '\'' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if at >= start && depth == 0 && !is_quoted && text[at..].starts_with(separator) {
            found.push(&text[start..at]);
            start = at + separator.len();
        }
    }
    found.push(&text[start..]);
    found
}

/// Whether `row` satisfies `filter`.
///
/// # Errors
/// Names the part that is not understood, or the column that the row does not have.
fn matches(row: &Value, filter: &str, ids: Ids) -> Result<bool, String> {
    let mut any = false;
    for alternative in pieces(filter, " or ") {
        let mut all = true;
        for comparison in pieces(alternative, " and ") {
            all &= compare(row, comparison.trim(), ids)?;
        }
        any |= all;
    }
    Ok(any)
}

/// The value at the path `a/b`. A row that is not there has no values; a column that is not there is
/// a mistake.
fn value_at<'a>(row: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(row, |row, name| if row.is_null() { Some(row) } else { row.get(name) })
}

fn compare(row: &Value, comparison: &str, ids: Ids) -> Result<bool, String> {
    let mut words = comparison.splitn(3, ' ');
    let (Some(column), Some(operator), Some(literal)) = (words.next(), words.next(), words.next()) else {
        return Err(format!("Syntax error in the filter at '{comparison}'."));
    };
    let Some(value) = value_at(row, column) else {
        return Err(format!("Could not find a property named '{column}'."));
    };
    let equal = match literal.trim() {
        "null" => value.is_null(),
        "true" => value == &Value::Bool(true),
        "false" => value == &Value::Bool(false),
        text => match text.strip_prefix('\'').map(|rest| rest.strip_suffix('\'')) {
            Some(Some(quoted)) if ids == Ids::Bare && is_id(value) => {
                return Err(format!("A binary operator with incompatible types was detected: '{quoted}' is text."));
            }
            Some(Some(quoted)) => {
                value.as_str().is_some_and(|own| own.eq_ignore_ascii_case(&quoted.replace("''", "'")))
            }
            Some(None) => return Err(format!("There is an unterminated literal in the filter at '{text}'.")),
            None if is_id(&Value::String(text.to_owned())) => {
                if ids == Ids::Quoted {
                    return Err(format!("A binary operator with incompatible types was detected: {text} is an id."));
                }
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
fn select(row: &Value, columns: Option<&str>, key: &str) -> Result<Value, String> {
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
        json!({
            "@odata.etag": "W/1", "id": "k", "app": APP, "name": "O'Neill", "parent": null, "mode": 4, "off": false,
            "unit": {"unitid": "u", "name": "Sales and more", "parent": null},
            "roles": [{"roleid": "r", "name": "Basic User"}],
        })
    }

    const NAVIGATION: [Navigation; 2] = [
        Navigation { name: "unit", key: "unitid", columns: &["unitid", "name"] },
        Navigation { name: "roles", key: "roleid", columns: &["roleid", "name"] },
    ];

    fn table(rows: Vec<Value>) -> Table<'static> {
        Table { key: "id", navigation: &NAVIGATION, ids: Ids::Bare, rows, sample: row() }
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
            ("unit/name eq 'Sales and more' and mode eq 4".to_owned(), true),
            ("unit/parent eq null".to_owned(), true),
            ("parent/anything eq null".to_owned(), true),
            ("unit/name eq 'a or b' or mode eq 5".to_owned(), false),
        ] {
            assert_eq!(matches(&row(), &filter, Ids::Bare), Ok(expected), "{filter}");
        }
        assert_eq!(matches(&row(), &format!("app eq '{APP}'"), Ids::Quoted), Ok(true));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for filter in [
            &format!("app eq '{APP}'"),
            "(mode eq 4)",
            "mode gt 3",
            "mode",
            "colour eq 1",
            "unit/colour eq 1",
            "mode/colour eq 1",
            "name eq 'x",
            "",
        ] {
            assert!(matches(&row(), filter, Ids::Bare).is_err(), "{filter}");
        }
        assert!(matches(&row(), &format!("app eq {APP}"), Ids::Quoted).is_err());
        for (select, expand, top) in [
            (Some("colour"), None, None),
            (Some("unit"), None, None),
            (None, Some("name"), None),
            (None, Some("roles($select=colour)"), None),
            (None, Some("roles($top=1)"), None),
            (None, Some("roles("), None),
            (None, None, Some("many")),
        ] {
            for rows in [vec![row()], Vec::new()] {
                let question = Question { filter: None, select, expand, top };
                assert!(ask(&table(rows), question).is_err(), "{question:?}");
            }
        }
    }

    #[test]
    fn rows_inside_a_row_come_only_when_they_are_expanded() {
        let question = Question { select: Some("mode"), top: Some("1"), ..Question::default() };
        let bare = json!({"@odata.etag": "W/1", "id": "k", "mode": 4});
        assert_eq!(ask(&table(vec![row(), row()]), question), Ok(vec![bare]));
        let question = Question { expand: Some("roles($select=name),unit($select=name)"), ..question };
        let whole = json!({
            "@odata.etag": "W/1", "id": "k", "mode": 4,
            "roles": [{"roleid": "r", "name": "Basic User"}],
            "unit": {"unitid": "u", "name": "Sales and more"},
        });
        assert_eq!(ask(&table(vec![row()]), question), Ok(vec![whole]));
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
