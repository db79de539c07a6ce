//! The servers at which a vendor is asked, and the credentials.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use super::reader::Reader;
use crate::kind::Kind;
use crate::surface::Security;
use mockreel_contracts::contract::check::schema::escape;

/// So many addresses come of one server with variables; of more only those with the defaults are known.
const MAX_ADDRESSES: usize = 64;

/// The servers of a document, of a path or of an operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Servers {
    /// Their addresses, variables filled in, sorted.
    pub(super) addresses: Vec<String>,
    /// The origins of those that are absolute, sorted.
    pub(super) origins: Vec<String>,
    /// The paths that they put before all paths; the first of the list first.
    pub(super) prefixes: Vec<String>,
}

impl Servers {
    /// The path that the first of them puts before all paths.
    pub(super) fn prefix(&self) -> &str {
        self.prefixes.first().map_or("", String::as_str)
    }

    fn add(&mut self, address: &str) {
        let address = address.trim_end_matches('/');
        let prefix = match Url::parse(address) {
            Ok(url) if url.has_host() => {
                self.origins.push(url.origin().ascii_serialization());
                url.path().trim_end_matches('/').to_owned()
            }
            _ => address.to_owned(),
        };
        if !self.prefixes.contains(&prefix) {
            self.prefixes.push(prefix);
        }
        if !address.is_empty() {
            self.addresses.push(address.to_owned());
        }
    }

    fn sort(&mut self) {
        for list in [&mut self.addresses, &mut self.origins, &mut self.prefixes] {
            list.sort();
            list.dedup();
        }
    }
}

impl<'a> Reader<'a> {
    /// The servers of the document.
    pub(super) fn servers(&mut self) -> Servers {
        self.own_servers(self.root).unwrap_or_default()
    }

    /// The servers that stand in a document, a path or an operation; `None` if it names none.
    pub(super) fn own_servers(&mut self, holder: &'a Value) -> Option<Servers> {
        let listed = holder.get("servers").and_then(Value::as_array).filter(|listed| !listed.is_empty())?;
        let mut servers = Servers::default();
        for server in listed {
            let Some(text) = server.get("url").and_then(Value::as_str) else {
                self.defect(Kind::DefectDocument, "document/servers", "/servers", "a server has no `url`");
                continue;
            };
            fill_in(text, server.get("variables")).iter().for_each(|address| servers.add(address));
        }
        servers.sort();
        Some(servers)
    }

    pub(super) fn security(&mut self, operation: &'a Value, pointer: &str) -> Security {
        let declared = self.root.pointer("/components/securitySchemes").and_then(Value::as_object);
        for (name, scheme) in declared.into_iter().flatten() {
            let known = ["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"];
            if !scheme.get("type").and_then(Value::as_str).is_some_and(|word| known.contains(&word)) {
                let pointer = format!("/components/securitySchemes/{}", escape(name));
                self.defect(
                    Kind::DefectSecurity,
                    "security/schemes",
                    &pointer,
                    "a credential is declared without a known `type`",
                );
            }
        }
        let all: BTreeSet<String> =
            declared.into_iter().flatten().map(|(name, scheme)| scheme_name(name, scheme)).collect();
        let demanded =
            operation.get("security").or_else(|| self.root.get("security")).and_then(Value::as_array);
        let Some(demanded) = demanded else {
            return if all.is_empty() { Security::None } else { Security::Declared(all) };
        };
        let mut named = BTreeSet::new();
        for alternative in demanded.iter().filter_map(Value::as_object) {
            // An alternative without any scheme makes the others voluntary.
            if alternative.is_empty() {
                return Security::None;
            }
            let mut together = BTreeSet::new();
            for (scheme, scopes) in alternative {
                let mut scopes: Vec<&str> =
                    scopes.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                scopes.sort_unstable();
                let told =
                    if scopes.is_empty() { String::new() } else { format!(" ({})", scopes.join(", ")) };
                match declared.and_then(|declared| declared.get(scheme)) {
                    Some(fact) => {
                        together.insert(format!("{}{told}", scheme_name(scheme, fact)));
                    }
                    None => {
                        let place = format!("{}.security", self.operation);
                        let why = "a credential is demanded that is not declared";
                        self.defect(Kind::DefectSecurity, &place, pointer, why);
                        together.insert(scheme.clone());
                    }
                }
            }
            named.insert(together.into_iter().collect::<Vec<String>>().join(" and "));
        }
        if named.is_empty() { Security::None } else { Security::Demanded(named) }
    }
}

/// The addresses of a server: each variable by each of its values, its default where it lists none.
fn fill_in(text: &str, variables: Option<&Value>) -> Vec<String> {
    let mut addresses = vec![text.to_owned()];
    for (name, variable) in variables.and_then(Value::as_object).into_iter().flatten() {
        let place = format!("{{{name}}}");
        let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let default: Vec<String> = variable.get("default").map(word).into_iter().collect();
        let listed = variable.get("enum").and_then(Value::as_array).into_iter().flatten().map(word);
        let mut values: Vec<String> = default.iter().cloned().chain(listed).collect();
        values.sort();
        values.dedup();
        if values.is_empty() || !text.contains(&place) {
            continue;
        }
        if values.len() * addresses.len() > MAX_ADDRESSES {
            values = default;
        }
        addresses = addresses
            .iter()
            .flat_map(|address| values.iter().map(|value| address.replace(&place, value)))
            .collect();
    }
    addresses
}

/// A scheme by what it asks for, so that another name for the same is no change.
fn scheme_name(name: &str, scheme: &Value) -> String {
    let text = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "http" => format!("http {}", text("scheme").to_ascii_lowercase()),
        "apiKey" => format!("{} {}", text("in"), text("name")),
        "" => name.to_owned(),
        other => other.to_owned(),
    }
}
