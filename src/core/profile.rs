//! What may stand in the fields of a cloud profile that a person fills in. Each rule gives the value
//! as it is kept, or the reason in words that also say what would do. The settings file and the first
//! screen ask the same rules.

use super::unseen::is_unseen;

/// Characters of an id: 32 digits and four hyphens.
const ID_LEN: usize = 36;
/// Most characters of a label of a domain (RFC 1035).
const LABEL_MAX: usize = 63;
/// Most characters of the name of a profile.
const NAME_MAX: usize = 40;
/// What stands for a tenant that is not known yet.
const ANY_TENANT: [&str; 2] = ["organizations", "common"];
/// First label of the host of the dual-write gateway, and what its host ends with.
const GATEWAY: (&str, &str) = ("projectmanagementservice.", ".gateway.prod.island.powerapps.com");

/// Whether a text is an id: hexadecimal digits, 8-4-4-4-12.
pub fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a text could be a part of an id that is still being typed.
fn begins_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// A tenant: its id, one of its domains, or a word for any.
///
/// # Errors
/// Why it is none, and what would be one.
pub fn tenant(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Give the tenant id, or a domain of the tenant such as contoso.com.".into());
    }
    if is_id(text) || ANY_TENANT.contains(&text) {
        return Ok(text.to_owned());
    }
    let is_label = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = text.split('.').collect();
    if labels.len() > 1 && labels.iter().all(|label| is_label(label)) {
        return Ok(text.to_ascii_lowercase());
    }
    if text.len() > 8 && begins_id(text) {
        return Err(id_reason("A tenant id", text));
    }
    if let Some(odd) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.')) {
        return Err(format!("{} stands in no tenant: give an id or a domain.", shown(odd)));
    }
    Err("A domain has a dot, as contoso.com; an id 36 characters.".into())
}

/// The application (client) id of an app registration.
///
/// # Errors
/// Why it is none, and what would be one.
pub fn client_id(text: &str) -> Result<String, String> {
    let text = text.trim();
    let text = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    if is_id(text) {
        return Ok(text.to_ascii_lowercase());
    }
    if text.is_empty() {
        return Err("Give the application (client) id of the registration.".into());
    }
    Err(id_reason("An application (client) id", text))
}

fn id_reason(what: &str, text: &str) -> String {
    if let Some(odd) = text.chars().find(|c| !c.is_ascii_hexdigit() && *c != '-') {
        return format!("{} stands in no id: only 0-9, a-f and hyphens do.", shown(odd));
    }
    match text.chars().count() {
        ID_LEN => format!("{what} is grouped 8-4-4-4-12 by its hyphens."),
        count => format!("{what} has {ID_LEN} characters; this has {count}."),
    }
}

fn shown(odd: char) -> String {
    if odd == ' ' { "A space".to_owned() } else { format!("\"{odd}\"") }
}

/// The id of a project of Lifecycle Services: a number above 0, or the address of a page of the
/// project, which ends with it.
///
/// # Errors
/// Why it is none, and what would be one.
pub fn lcs_project(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let number = match text.strip_prefix("https://") {
        Some(address) => {
            let path = address.split(['?', '#']).next().unwrap_or_default();
            let path = path.split_once('/').map_or("", |(_, path)| path);
            let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            path.rsplit('/').find(is_number).ok_or("This address has no project number in it.")?
        }
        None => text,
    };
    // The settings file holds numbers of 63 bits.
    match number.parse::<u64>() {
        Ok(number) if number > 0 && i64::try_from(number).is_ok() => Ok(number),
        _ => Err("A project id is a number above 0, such as 1234567.".into()),
    }
}

/// The host of the dual-write gateway, out of a host or an address.
///
/// # Errors
/// Why it is none, and what would be one.
pub fn gateway(text: &str) -> Result<String, String> {
    let text = text.trim();
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
        Some(_) => return Err("Only an https address can be used.".into()),
        None => text,
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let host = host.strip_suffix(":443").unwrap_or(&host);
    let cluster = host.strip_prefix(GATEWAY.0).and_then(|host| host.strip_suffix(GATEWAY.1));
    let is_cluster = |cluster: &str| {
        (1..=LABEL_MAX).contains(&cluster.len())
            && cluster.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if cluster.is_some_and(is_cluster) {
        return Ok(host.to_owned());
    }
    Err(format!("It begins with {} and ends with {}.", GATEWAY.0, GATEWAY.1))
}

/// The name of a profile in the settings file: a word that `--cloud` takes.
///
/// # Errors
/// Why it is none, and what would be one.
pub fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Give a name, as contoso.".into());
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Err("A name has letters, digits, - and _ only.".into());
    }
    if text.len() > NAME_MAX {
        return Err(format!("A name has at most {NAME_MAX} characters."));
    }
    Ok(text.to_owned())
}

/// Whether a name reads as that of the simulator, which stands in the header of every rehearsal: letters that nobody
/// sees do not tell it from that.
pub fn reads_as_simulator(name: &str) -> bool {
    let seen: String = name.chars().filter(|letter| !is_unseen(*letter)).collect();
    seen.trim().eq_ignore_ascii_case("simulator")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "f1e2d3c4-0000-4000-8000-00000000aaaa";

    #[test]
    fn a_tenant_is_an_id_a_domain_or_any() {
        for good in [ID, "contoso.com", "contoso.onmicrosoft.com", "organizations", "common"] {
            assert_eq!(tenant(good).as_deref(), Ok(good));
        }
        assert_eq!(tenant(" Contoso.COM ").as_deref(), Ok("contoso.com"));
        for bad in
            ["", "contoso", "contoso.", ".com", "-a.com", "a..b", "f1e2d3c4-0000", "con toso.com", "a/b.com", "é.com"]
        {
            assert!(tenant(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_half_typed_id_says_how_much_there_is() {
        assert_eq!(client_id("f1e2").unwrap_err(), "An application (client) id has 36 characters; this has 4.");
        assert!(tenant("f1e2d3c4-00").unwrap_err().contains("this has 11"));
        assert!(client_id("my app").unwrap_err().contains("\"m\""));
        assert!(client_id(&ID.replace("4-0", "-40")).unwrap_err().contains("8-4-4-4-12"));
        assert_eq!(client_id(&format!(" {{{}}}\n", ID.to_uppercase())).as_deref(), Ok(ID));
    }

    #[test]
    fn a_project_is_a_number_or_the_address_that_ends_with_it() {
        assert_eq!(lcs_project("1234567"), Ok(1_234_567));
        assert_eq!(lcs_project("https://lcs.dynamics.com/V2/ProjectOverview/1234567?x=9"), Ok(1_234_567));
        for bad in ["0", "-1", "12a", "https://lcs.dynamics.com/V2", "99999999999999999999", "9223372036854775808"] {
            assert!(lcs_project(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_gateway_is_one_host_of_one_kind() {
        let host = "projectmanagementservice.weu-il107.gateway.prod.island.powerapps.com";
        for good in [host.to_owned(), format!("https://{host}/api/Version?x"), format!(" HTTPS://{host}:443 ")] {
            assert_eq!(gateway(&good).as_deref(), Ok(host), "{good}");
        }
        for bad in [
            format!("http://{host}"),
            format!("{host}.example.com"),
            format!("evil.com/{host}"),
            format!("https://user@{host}"),
            host.replace("weu-il107", "a.b"),
            host.replace("weu-il107.", ""),
            String::new(),
        ] {
            assert!(gateway(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_is_one_word() {
        assert_eq!(name(" contoso-prod ").as_deref(), Ok("contoso-prod"));
        for bad in ["", "a b", "a.toml", "ä", &"x".repeat(41)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
