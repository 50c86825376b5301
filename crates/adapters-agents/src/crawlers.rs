use aho_corasick::AhoCorasick;
use regex::RegexSet;

/// The patterns and tags of npm's `crawler-user-agents`, as `cargo xtask user-agents` writes them.
const LISTED: &str = include_str!("../data/crawlers.tsv");

/// What the list lacks: programs that draw cards of links. Bluesky's calls itself a service and no robot; the fetchers of
/// Google's messengers and of Apple's are listed as what they are besides.
const UNLISTED: &[&str] = &["Bluesky Cardyb", "Google-PageRenderer", "developers.google.com/+/web/snippet"];

/// What the list calls robots that draw cards of links.
const PREVIEWS: &str = "social-preview";

/// Robots, by the words that their user agents have.
pub(crate) struct Crawlers {
    all: Patterns,
    previews: Patterns,
}

/// What a robot does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// It draws cards of links that somebody has shared.
    pub(crate) previews: bool,
}

/// Nearly all are plain texts, which one table finds in one pass, whatever their number; the few others are expressions.
struct Patterns {
    plain: Option<AhoCorasick>,
    others: RegexSet,
}

impl Crawlers {
    /// Reads the list. A pattern that cannot be read would be left out; a test sees to it that none is.
    pub(crate) fn read() -> Self {
        let lines = || LISTED.lines().filter(|line| !line.starts_with('#'));
        let listed = || lines().filter_map(|line| line.split_once('\t'));
        let previews = listed().filter(|(_, tags)| tags.split(',').any(|tag| tag == PREVIEWS));
        let unlisted = || UNLISTED.iter().map(|text| regex::escape(text));
        let owned = |(pattern, _): (&str, &str)| pattern.to_owned();
        Self {
            all: Patterns::of(listed().map(owned).chain(unlisted())),
            previews: Patterns::of(previews.map(owned).chain(unlisted())),
        }
    }

    /// What the robot does; `None` where it is none.
    pub(crate) fn kind(&self, user_agent: &str) -> Option<Kind> {
        let listed = self.all.find_in(user_agent);
        listed.then(|| Kind { previews: self.previews.find_in(user_agent) })
    }
}

impl Patterns {
    fn of(patterns: impl Iterator<Item = String>) -> Self {
        let (mut plain, mut others) = (Vec::new(), Vec::new());
        for pattern in patterns {
            match text(&pattern) {
                Some(text) => plain.push(text),
                None => others.push(pattern),
            }
        }
        Self {
            plain: AhoCorasick::new(plain).ok(),
            others: RegexSet::new(others).unwrap_or_else(|_| RegexSet::empty()),
        }
    }

    fn find_in(&self, user_agent: &str) -> bool {
        self.plain.as_ref().is_some_and(|plain| plain.is_match(user_agent))
            || self.others.is_match(user_agent)
    }
}

/// The text that a pattern stands for; `None` where it is more than a text.
fn text(pattern: &str) -> Option<String> {
    let mut text = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => characters.next().filter(|escaped| !escaped.is_alphanumeric())?,
            '.' | '^' | '$' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => return None,
            plain => plain,
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_the_list_is_read() {
        let patterns: Vec<&str> = LISTED
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_once('\t').expect("a pattern and its tags").0)
            .collect();
        assert!(patterns.len() > 1_000, "{}", patterns.len());
        for pattern in &patterns {
            assert!(text(pattern).is_some() || regex::Regex::new(pattern).is_ok(), "{pattern}");
        }
        let expressions = patterns.iter().filter(|pattern| text(pattern).is_none()).count();
        assert!(expressions < 100, "{expressions} expressions would make a visit dear");
        let read = Crawlers::read();
        assert!(read.all.plain.is_some() && read.all.others.len() == expressions);
    }

    #[test]
    fn a_pattern_is_a_text_where_it_says_nothing_else() {
        for (pattern, expected) in [
            ("Googlebot\\/", Some("Googlebot/")),
            ("SSL Labs$", None),
            ("[wW]get", None),
            ("um-LN", Some("um-LN")),
            ("a\\d", None),
            ("dbot\\)", Some("dbot)")),
            ("a\\", None),
        ] {
            assert_eq!(text(pattern).as_deref(), expected, "{pattern}");
        }
    }
}
