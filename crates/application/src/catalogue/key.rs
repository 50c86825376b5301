use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde_json::Value;

use crate::{View, schema};

/// An operation by its name, with the types of what goes in and what comes out.
///
/// A row is made of its key, so the two cannot tell different things. For a row that moves bytes `O` is
/// [`StreamReply`](crate::StreamReply).
pub struct Op<I, O> {
    name: &'static str,
    types: PhantomData<fn(I) -> O>,
}

impl<I, O> Op<I, O> {
    pub(crate) const fn named(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }

    /// The operation's name on every surface.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The schema of what goes in, the handle apart.
    pub fn input_schema(&self) -> Value
    where
        I: JsonSchema,
    {
        schema::of_input::<I>()
    }

    /// The schema of what comes out.
    pub fn output_schema(&self) -> Value
    where
        O: View,
    {
        schema::of_output::<O>()
    }
}

impl<I, O> Clone for Op<I, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I, O> Copy for Op<I, O> {}

impl<I, O> fmt::Debug for Op<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Op({})", self.name)
    }
}

/// The key of a row that nobody calls with types: those that tests make.
impl<I, O> From<&'static str> for Op<I, O> {
    fn from(name: &'static str) -> Self {
        Self::named(name)
    }
}
