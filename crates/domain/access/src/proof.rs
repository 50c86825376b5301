//! Proof that whoever redeems something is whoever asked for it (PKCE, RFC 7636): a challenge is shown first, what it was
//! made of last.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

/// What somebody keeps to itself until it redeems what it asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof(Box<str>);

/// Why a text is not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must have 43 to 128 letters, digits and - . _ ~")]
pub struct ProofFault;

/// SHA-256 of a proof: what is shown in the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofChallenge(pub [u8; 32]);

impl Proof {
    /// A verifier of RFC 7636, 4.1.
    pub fn parse(text: &str) -> Result<Self, ProofFault> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        let written = plain && (43..=128).contains(&text.len());
        if written { Ok(Self(text.into())) } else { Err(ProofFault) }
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is shown by: `S256` of RFC 7636, 4.2.
    pub fn challenge(&self) -> ProofChallenge {
        ProofChallenge(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl ProofChallenge {
    /// Whether this proof is what the challenge was made of; compared in constant time.
    pub fn fits(&self, proof: &Proof) -> bool {
        self.0.ct_eq(&proof.challenge().0).into()
    }
}

/// Shows nothing of it.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(…)")
    }
}
