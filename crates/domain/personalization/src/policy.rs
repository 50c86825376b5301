use std::sync::LazyLock;

use lp_core::{Revision, Slug, SlugKey, WebUrl};
use lp_links::Title;

use crate::rules::{Chosen, Given, Rules, Told};
use crate::{Asks, Contexts, Cta, HandleRules, Metadata, Visitor};

/// The rules of a handle compiled for deciding.
#[derive(Debug, PartialEq, Eq)]
pub struct Policy {
    revision: Revision,
    rules: Rules<Personal>,
    asks: Asks,
    contexts: Contexts,
}

/// What those see whom a rule of a handle takes.
#[derive(Debug, PartialEq, Eq)]
pub struct Personal {
    pub(crate) destination: Option<Box<str>>,
    /// The link of the handle that the destination is, where it is one: that link leads on to its own destination, or its
    /// visitors would go round for ever.
    own: Option<SlugKey>,
    variant: Box<str>,
    title: Option<Box<str>>,
    cta: Option<Box<str>>,
    metadata: Option<Box<str>>,
}

/// Which rule of a handle took a visitor; `None` where none did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Personalized<'p> {
    pub rule: Option<(&'p str, &'p Personal)>,
    /// Whether the visitor's key had a say in it, so that it should be remembered.
    pub drawn: bool,
}

/// Prepares the rules of a handle. `own` says which link of the handle an address is, where it is one. Runs when
/// something changes, never per request.
pub fn compile_rules(rules: &HandleRules, own: impl Fn(&WebUrl) -> Option<SlugKey>) -> Policy {
    let given = rules.rules().map(|rule| {
        let variant = &rule.variant;
        let then = Personal {
            destination: variant.destination.as_ref().map(|url| url.as_str().into()),
            own: variant.destination.as_ref().and_then(&own),
            variant: variant.id.as_str().into(),
            title: variant.title.as_ref().map(Title::as_str).map(Into::into),
            cta: variant.cta.as_ref().map(Cta::as_str).map(Into::into),
            metadata: variant.metadata.as_ref().map(Metadata::as_str).map(Into::into),
        };
        let (id, when) = (&rule.id, &rule.when);
        Given { id, enabled: rule.enabled, priority: rule.priority, when, allocation: rule.allocation, then }
    });
    let compiled = Rules::compile(given.collect());
    Policy {
        revision: rules.revision,
        asks: compiled.asks(),
        rules: compiled,
        contexts: rules.contexts.clone(),
    }
}

impl Policy {
    /// That of a handle for which nothing was ever decided.
    pub fn none() -> &'static Self {
        static NONE: LazyLock<Policy> = LazyLock::new(|| compile_rules(&HandleRules::default(), |_| None));
        &NONE
    }

    /// Asks memory for what a decision reads first ([`lp_core::prefetch`]).
    pub fn prefetch(&self) {
        self.rules.prefetch();
    }

    /// Which state of the handle's rules it was made of.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What has to be known of a visitor before the rules are looked at.
    pub fn asks(&self) -> Asks {
        self.asks
    }

    pub fn contexts(&self) -> &Contexts {
        &self.contexts
    }

    /// What the rule of this id makes visitors see; `None` where there is none.
    pub fn personal(&self, rule: &str) -> Option<&Personal> {
        self.rules.iter().find(|known| *known.id == *rule).map(|rule| &rule.then)
    }

    /// The rule of this id, where it is switched on, and what it makes visitors see.
    pub(crate) fn standing(&self, rule: &str) -> Option<(&str, &Personal)> {
        self.rules.switched_on().find(|known| *known.id == *rule).map(|rule| (&*rule.id, &rule.then))
    }

    /// Which rule takes this visitor: for pages, by the rule that decides for links.
    pub fn personalize(&self, visitor: &Visitor<'_>) -> Personalized<'_> {
        self.choose(visitor, None)
    }

    pub(crate) fn choose(&self, visitor: &Visitor<'_>, told: Option<Told<'_>>) -> Personalized<'_> {
        if self.rules.is_empty() {
            return Personalized { rule: None, drawn: false };
        }
        let Chosen { rule, drawn } = self.rules.choose(visitor, told);
        Personalized { rule: rule.map(|rule| (&*rule.id, &rule.then)), drawn }
    }

    /// What it takes of the heap, roughly.
    pub fn heap_len(&self) -> usize {
        let origins = self.contexts.origins().map(|origin| origin.as_str().len() + size_of::<Box<str>>());
        origins.sum::<usize>() + self.rules.heap_len(Personal::heap_len)
    }
}

impl Personal {
    /// The variant's id.
    pub fn variant(&self) -> &str {
        &self.variant
    }

    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    pub fn cta(&self) -> Option<&str> {
        self.cta.as_deref()
    }

    pub fn destination(&self) -> Option<&str> {
        self.destination.as_deref()
    }

    /// The text of a JSON object.
    pub fn metadata(&self) -> Option<&str> {
        self.metadata.as_deref()
    }

    /// Whether the destination is this link of the handle.
    pub(crate) fn leads_to(&self, link: &Slug) -> bool {
        self.own.as_ref().is_some_and(|own| own.as_str().eq_ignore_ascii_case(link.as_str()))
    }

    fn heap_len(&self) -> usize {
        let texts = [&self.destination, &self.title, &self.cta, &self.metadata];
        self.variant.len() + texts.into_iter().flatten().map(|text| text.len()).sum::<usize>()
    }
}
