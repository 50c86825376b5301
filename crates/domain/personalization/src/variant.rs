use lp_core::WebUrl;
use lp_core::text::{self, TextFault};
use lp_links::Title;
use thiserror::Error;

/// What those see whom a rule of a handle takes. What is absent is as the page or the link has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub id: VariantId,
    pub title: Option<Title>,
    pub cta: Option<Cta>,
    /// Where links lead instead of their own destination.
    pub destination: Option<WebUrl>,
    pub metadata: Option<Metadata>,
}

/// What a variant is called: 1 to 64 letters, digits, `_`, `-` and `.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantId(Box<str>);

/// A text that cannot be a variant's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a variant's id has 1 to 64 letters, digits, '_', '-' and '.'")]
pub struct VariantIdFault;

/// A call to action: one line of 1 to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cta(Box<str>);

/// Whatever an owner wants pages to know, as the text of a JSON object of at most 4,096 bytes. Nothing of it is read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata(Box<str>);

/// More than a variant can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("takes more than {} bytes as JSON", Metadata::MAX)]
pub struct MetadataTooLong;

impl Variant {
    pub(crate) fn text_len(&self) -> usize {
        let texts = [
            Some(self.id.as_str()),
            self.title.as_ref().map(Title::as_str),
            self.cta.as_ref().map(Cta::as_str),
            self.destination.as_ref().map(WebUrl::as_str),
            self.metadata.as_ref().map(Metadata::as_str),
        ];
        texts.into_iter().flatten().map(str::len).sum()
    }
}

impl VariantId {
    pub fn parse(text: &str) -> Result<Self, VariantIdFault> {
        let written = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(written);
        if fits { Ok(Self(text.into())) } else { Err(VariantIdFault) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Cta {
    pub const MAX: usize = 100;

    pub fn parse(text: &str) -> Result<Self, TextFault> {
        text::line(text, Self::MAX).map(|()| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Metadata {
    pub const MAX: usize = 4_096;

    /// Takes the text of a JSON object; whether it is one is for the caller to know.
    pub fn of(json: &str) -> Result<Self, MetadataTooLong> {
        if json.len() > Self::MAX { Err(MetadataTooLong) } else { Ok(Self(json.into())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
