/// Where a `Location` leads, without the context token that a visitor carries on: that names the visit, so no two are alike.
pub fn without_context(location: &str) -> String {
    let Some(at) = location.find("ctx=ctx1.") else { return location.to_owned() };
    let (before, token) = location.split_at(at);
    let rest = token.find(['&', '#']).map_or("", |end| &token[end..]);
    format!("{}{rest}", before.strip_suffix(['?', '&']).expect("a parameter"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_out_and_nothing_else() {
        for (location, rest) in [
            ("https://e.com", "https://e.com"),
            ("https://e.com?ctx=ctx1.a.b", "https://e.com"),
            ("https://e.com/?a=1&ctx=ctx1.a.b#top", "https://e.com/?a=1#top"),
            ("https://e.com/?ctx=mine", "https://e.com/?ctx=mine"),
        ] {
            assert_eq!(without_context(location), rest);
        }
    }
}
