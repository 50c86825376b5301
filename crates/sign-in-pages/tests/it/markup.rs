//! What every page must be for those who do not see it, or use no mouse.

use crate::asking;
use crate::browser::Browser;

const PAGES: &[&str] = &[
    "/",
    "/sign-in",
    "/sign-up",
    "/sign-up/confirm",
    "/forgot",
    "/forgot/confirm",
    "/sign-in/code",
    "/sign-in/code/confirm",
    "/password",
    "/connections",
    "/nothing",
];

/// The values of an attribute, wherever it stands.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let mark = format!(" {attribute}=\"");
    page.split(mark.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The tags of a kind, as they are written.
fn tags<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let mark = format!("<{name}");
    let rest = page.split(mark.as_str()).skip(1).filter(|rest| rest.starts_with([' ', '>', '.']));
    rest.filter_map(|rest| rest.split('>').next()).collect()
}

async fn all(browser: &mut Browser) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for path in PAGES {
        pages.push(((*path).to_owned(), browser.get(path).await.text));
    }
    let asked = asking::path(&browser.sandbox, &[("scope", "links.read links.write")]).await;
    pages.push(("the question of an app".to_owned(), browser.get(&asked).await.text));
    for path in ["/sign-in", "/handles", "/sign-up", "/forgot/confirm", "/password"] {
        pages.push((format!("POST {path}"), browser.post(path, &[]).await.text));
    }
    pages.retain(|(_, page)| !page.is_empty());
    pages
}

#[tokio::test]
async fn labels_descriptions_and_links_lead_to_what_they_name() {
    let (mut inside, mut outside) = (Browser::signed_in().await, Browser::new().await);
    let mut pages = all(&mut inside).await;
    pages.extend(all(&mut outside).await);
    assert!(pages.len() >= 8, "{}", pages.len());
    for (path, page) in &pages {
        let ids = values(page, "id");
        let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{path}: {ids:?}");
        let described = values(page, "aria-describedby").into_iter().flat_map(str::split_whitespace);
        let inner = values(page, "href").into_iter().filter_map(|link| link.strip_prefix('#'));
        for id in values(page, "for")
            .into_iter()
            .chain(values(page, "aria-labelledby"))
            .chain(described)
            .chain(inner)
        {
            assert!(ids.contains(&id), "{path}: nothing is called {id}");
        }
        for input in tags(page, "input").into_iter().filter(|tag| !tag.contains("hidden")) {
            let id = values(input, "id");
            assert!(values(page, "for").contains(&id[0]), "{path}: no label for {id:?}");
            assert!(input.contains(" autocomplete="), "{path}: {input}");
        }
        assert_eq!(tags(page, "h1").len(), 1, "{path}");
        assert_eq!(tags(page, "main").len(), 1, "{path}");
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{path}");
    }
}

#[tokio::test]
async fn no_page_needs_a_script_a_style_of_its_own_or_another_host() {
    let mut browser = Browser::signed_in().await;
    for (path, page) in all(&mut browser).await {
        for forbidden in ["<script", " style=", "<style", " onclick=", "<iframe", " src="] {
            assert!(!page.contains(forbidden), "{path}: {forbidden}");
        }
        for form in tags(&page, "form") {
            assert!(form.contains(" method=\"post\"") && form.contains(" action=\"/"), "{path}: {form}");
        }
        for link in tags(&page, "link") {
            assert!(values(link, "href")[0].starts_with('/'), "{path}: {link}");
        }
    }
}

#[tokio::test]
async fn secrets_are_typed_into_fields_that_hide_them() {
    let mut browser = Browser::new().await;
    for (path, page) in all(&mut browser).await {
        for input in tags(&page, "input") {
            let secret = input.to_ascii_lowercase().contains("password\" name")
                || values(input, "name")[0].ends_with("assword");
            if secret {
                assert!(
                    input.contains(" type=\"password\"") && !input.contains(" value="),
                    "{path}: {input}"
                );
            }
        }
    }
}
