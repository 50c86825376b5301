use lp_core::{Slug, SlugFault};

const LENGTH: usize = 7;

/// An unguessable slug from random bytes: 7 characters of 32 (35 bits), lower case, without look-alikes.
pub fn generated_slug(random: [u8; 8]) -> Result<Slug, SlugFault> {
    Slug::parse(&lp_core::base32(&random)[..LENGTH])
}
