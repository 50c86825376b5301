use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use lp_core::WebUrl;
use lp_ports::{ClientDocument, ClientDocuments, DocumentFault};

type Fetched = Result<ClientDocument, DocumentFault>;

/// Gives documents from a list; what is not on it cannot be reached.
#[derive(Debug, Default)]
pub struct StubDocuments {
    answers: Mutex<HashMap<String, Fetched>>,
    asked: Mutex<Vec<String>>,
}

impl StubDocuments {
    /// From now on this is what is fetched from the address.
    pub fn answer(&self, url: &str, fetched: Fetched) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), fetched);
    }

    /// From now on this is what is fetched from the address, to be kept for a while.
    pub fn describe(&self, url: &str, document: &serde_json::Value) {
        let bytes = document.to_string().into_bytes();
        self.answer(url, Ok(ClientDocument { bytes, keep: ClientDocument::USUAL }));
    }

    /// The addresses that were asked, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl ClientDocuments for StubDocuments {
    async fn fetch(&self, url: &WebUrl) -> Fetched {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(url.to_string());
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(url.as_str()).cloned().unwrap_or(Err(DocumentFault::Unreachable))
    }
}
