//! What the text of a setting must look like. Each rule says what is wrong, not of which setting.

use std::path::PathBuf;

use link_platform::{Database, is_domain};
use reqwest::Url;

/// A server's address, or the file behind `sqlite:path`, `sqlite://path` or `sqlite:///absolute/path`. Faults do not
/// repeat an address that may hold a password.
pub(super) fn database(url: &str) -> Result<Database, String> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let wrong = || "not an address such as postgres://user:password@host:5432/database".to_owned();
        let parsed = Url::parse(url).map_err(|_| wrong())?;
        let names = parsed.path().trim_start_matches('/');
        if names.is_empty() || names.contains('/') {
            return Err(format!("{}: the database's name is missing or too much", wrong()));
        }
        return Ok(Database::Postgres { url: url.to_owned(), connections: Database::CONNECTIONS });
    }
    let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) else {
        return Err("not an address such as sqlite://data/link-platform.db or postgres://…".to_owned());
    };
    if path.is_empty() || path.contains(['?', '#']) {
        return Err(format!("'{url}' must name a file and nothing else"));
    }
    Ok(Database::File(PathBuf::from(path)))
}

/// A host's name below which others can stand: lower-case labels with dots between them, and no address.
pub(super) fn domain(text: &str) -> Result<String, String> {
    if is_domain(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "'{text}' is not a domain such as example.com, in lower case, without scheme, port or path"
        ))
    }
}

/// Scheme and host, and a port where it is not the scheme's own; without a `/` at the end.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let wrong = || format!("'{text}' is not an origin such as https://ai.example.com, without path or query");
    let url = Url::parse(text).map_err(|_| wrong())?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if matches!(url.scheme(), "http" | "https") && bare && anonymous {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_lower_case_name_and_nothing_else() {
        for good in ["localhost", "example.com", "links.example.co.uk", "xn--bcher-kva.example", "3com.com"] {
            assert_eq!(domain(good), Ok(good.to_owned()));
        }
        let long = "a".repeat(64);
        for bad in [
            "",
            ".",
            "example.com.",
            ".example.com",
            "a..b",
            "Example.com",
            "https://example.com",
            "example.com:80",
            "example.com/",
            "exam ple.com",
            "-a.com",
            "a-.com",
            "a_b.com",
            "bücher.example",
            "127.0.0.1",
            "[::1]",
            &long,
        ] {
            assert!(domain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_origin_has_scheme_and_host_and_no_more() {
        for (good, kept) in [
            ("https://ai.example.com", "https://ai.example.com"),
            ("https://ai.example.com/", "https://ai.example.com"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("HTTPS://AI.example.com:443", "https://ai.example.com"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(origin(good).as_deref(), Ok(kept));
        }
        for bad in [
            "",
            "ai.example.com",
            "ai.example.com:443",
            "//ai.example.com",
            "ftp://ai.example.com",
            "https://",
            "https://ai.example.com/v2",
            "https://ai.example.com?x",
            "https://ai.example.com/#x",
            "https://me@ai.example.com",
            "https://:pw@ai.example.com",
            "localhost:8080",
            "mailto:a@example.com",
        ] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_database_is_a_file_or_a_server() {
        assert_eq!(
            database("sqlite:///var/lib/links.db"),
            Ok(Database::File(PathBuf::from("/var/lib/links.db")))
        );
        assert_eq!(database("sqlite:links.db"), Ok(Database::File(PathBuf::from("links.db"))));
        for bad in [
            "",
            "links.db",
            "sqlite:",
            "sqlite://a?mode=ro",
            "mysql://localhost/links",
            "postgres://localhost",
            "postgres://h:x/links",
        ] {
            assert!(database(bad).is_err(), "{bad}");
        }
        for good in ["postgres://u:p@db.example:5432/links", "postgresql://localhost/links?sslmode=require"] {
            assert!(matches!(database(good), Ok(Database::Postgres { url, .. }) if url == good));
        }
    }
}
