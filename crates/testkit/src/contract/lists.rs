use std::sync::Arc;

use lp_links::{Field, Link, LinkChange};
use lp_ports::{LinkCursor, LinkQuery, Page};

use crate::fixtures::{description, labels, position, title, to};
use crate::{Author, Store};

const ALL: LinkQuery = LinkQuery { after: None, limit: 100, tag: None, text: None };

async fn list(author: &Author, query: &LinkQuery) -> Page<Link, LinkCursor> {
    author.store.list(&author.handle, query).await.expect("the list should be read")
}

fn slugs(page: &Page<Link, LinkCursor>) -> Vec<&str> {
    page.items.iter().map(|link| link.parts().slug.as_str()).collect()
}

async fn put_at(author: &Author, slug: &str, place: u32) {
    author
        .put(slug, LinkChange { position: Field::Set(position(place)), ..to("https://example.com/") })
        .await;
}

async fn found(author: &Author, tag: Option<&str>, text: Option<&str>) -> Vec<String> {
    let query = LinkQuery { tag: tag.map(str::to_owned), text: text.map(str::to_owned), ..ALL };
    slugs(&list(author, &query).await).into_iter().map(str::to_owned).collect()
}

pub(super) async fn the_list_is_in_position_order_with_ties_by_id(store: Arc<dyn Store>) {
    let author = Author::new(store);
    for (slug, place) in [("zz", 7), ("mm", 3), ("aa", 7), ("bb", 0), ("kk", 7), ("nn", 10)] {
        put_at(&author, slug, place).await;
    }
    assert_eq!(slugs(&list(&author, &ALL).await), ["bb", "mm", "zz", "aa", "kk", "nn"]);
}

pub(super) async fn pages_meet_without_gap_or_overlap(store: Arc<dyn Store>) {
    let author = Author::new(store);
    for number in 0..11 {
        put_at(&author, &format!("slug-{number}"), [4, 4, 4, 2, 4][number % 5]).await;
    }
    let all = list(&author, &ALL).await;
    for limit in 1..=12 {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = list(&author, &LinkQuery { after, limit, ..ALL }).await;
            assert!(page.items.len() <= limit as usize, "{} links, of at most {limit}", page.items.len());
            read.extend(page.items);
            assert!(read.len() <= all.items.len(), "pages of {limit} overlap");
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(read, all.items, "in pages of {limit}");
    }
}

pub(super) async fn the_last_full_page_has_no_next(store: Arc<dyn Store>) {
    let author = Author::new(store);
    for slug in ["aa", "bb", "cc"] {
        put_at(&author, slug, 1).await;
    }
    assert_eq!(list(&author, &LinkQuery { limit: 3, ..ALL }).await.next, None);
    let page = list(&author, &LinkQuery { limit: 2, ..ALL }).await;
    let last = page.items.last().expect("there should be two links").parts();
    assert_eq!(page.next, Some(LinkCursor { position: last.position, id: last.id }));
}

pub(super) async fn a_page_goes_on_behind_a_link_that_is_gone(store: Arc<dyn Store>) {
    let author = Author::new(store);
    for (slug, place) in [("aa", 1), ("bb", 1), ("cc", 1), ("dd", 2)] {
        put_at(&author, slug, place).await;
    }
    let first = list(&author, &LinkQuery { limit: 2, ..ALL }).await;
    author.delete("bb").await;
    put_at(&author, "early", 0).await;
    let rest = list(&author, &LinkQuery { after: first.next, ..ALL }).await;
    assert_eq!(slugs(&rest), ["cc", "dd"]);
}

pub(super) async fn a_tag_is_matched_whole_and_without_case(store: Arc<dyn Store>) {
    let author = Author::new(store);
    let tagged = |tags: &[&str]| LinkChange { tags: Field::Set(labels(tags)), ..to("https://example.com") };
    author.put("aa", tagged(&["Summer Sale", "x"])).await;
    author.put("bb", tagged(&["sale"])).await;
    author.put("cc", tagged(&["SALE", "Ärger"])).await;
    author
        .put("dd", LinkChange { categories: Field::Set(labels(&["sale"])), ..to("https://example.com") })
        .await;
    assert_eq!(found(&author, Some("Sale"), None).await, ["bb", "cc"]);
    assert_eq!(found(&author, Some("summer sale"), None).await, ["aa"]);
    assert_eq!(found(&author, Some("s%"), None).await, Vec::<String>::new());
    assert_eq!(found(&author, Some(""), None).await, Vec::<String>::new());
    assert_eq!(found(&author, Some("x\",\"sale"), None).await, Vec::<String>::new());
    assert_eq!(found(&author, Some("Ärger"), None).await, ["cc"]);
    assert_eq!(found(&author, Some("ärger"), None).await, Vec::<String>::new(), "only ASCII case is ignored");
}

pub(super) async fn a_text_is_found_in_every_field_without_case(store: Arc<dyn Store>) {
    let author = Author::new(store);
    author.put("in-Needle-slug", to("https://example.com/1")).await;
    author.put("aa", to("https://example.com/NEEDLE")).await;
    author
        .put("bb", LinkChange { title: Field::Set(title("A needle")), ..to("https://example.com/2") })
        .await;
    let described =
        LinkChange { description: Field::Set(description("hay\nneedLE")), ..to("https://example.com/3") };
    author.put("cc", described).await;
    author
        .put("dd", LinkChange { tags: Field::Set(labels(&["needle"])), ..to("https://example.com/4") })
        .await;
    assert_eq!(found(&author, None, Some("nEEdle")).await, ["in-Needle-slug", "aa", "bb", "cc"]);
    assert_eq!(found(&author, None, Some("")).await.len(), 5);
}

pub(super) async fn a_text_has_no_wildcards(store: Arc<dyn Store>) {
    let author = Author::new(store);
    let titled = |text: &str| LinkChange { title: Field::Set(title(text)), ..to("https://example.com") };
    author.put("aa", titled("100% done")).await;
    author.put("bb", titled("1000 done")).await;
    author.put("cc", titled("snake_case")).await;
    author.put("dd", titled("snakeXcase")).await;
    author.put("ee", titled("back\\slash [a-z] * ?")).await;
    assert_eq!(found(&author, None, Some("100%")).await, ["aa"]);
    assert_eq!(found(&author, None, Some("%")).await, ["aa"]);
    assert_eq!(found(&author, None, Some("e_c")).await, ["cc"]);
    assert_eq!(found(&author, None, Some("\\")).await, ["ee"]);
    assert_eq!(found(&author, None, Some("[a-z] *")).await, ["ee"]);
    assert_eq!(found(&author, None, Some("' OR 1=1 --")).await, Vec::<String>::new());
}

pub(super) async fn filters_come_before_paging(store: Arc<dyn Store>) {
    let author = Author::new(store);
    for number in 0..6 {
        let tags = labels(if number % 2 == 0 { &["even"] } else { &["odd"] });
        author
            .put(
                &format!("slug-{number}"),
                LinkChange { tags: Field::Set(tags), ..to("https://example.com") },
            )
            .await;
    }
    let query =
        LinkQuery { limit: 2, tag: Some("even".to_owned()), text: Some("SLUG".to_owned()), after: None };
    let first = list(&author, &query).await;
    assert_eq!(slugs(&first), ["slug-0", "slug-2"]);
    let rest = list(&author, &LinkQuery { after: first.next, ..query }).await;
    assert_eq!((slugs(&rest), rest.next), (vec!["slug-4"], None));
}
