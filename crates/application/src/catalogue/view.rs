use schemars::JsonSchema;
use serde::Serialize;

/// What an operation answers.
pub trait View: Serialize + JsonSchema + Send + 'static {
    /// Whether the call made something that was not there: 201 on REST.
    fn created(&self) -> bool {
        false
    }

    /// The same, saying whether the call made it: where an answer is read back, since its JSON does not say so.
    #[must_use]
    fn with_created(self, _created: bool) -> Self
    where
        Self: Sized,
    {
        self
    }
}
