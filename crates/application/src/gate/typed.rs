//! Calls with the types of a row's key, for programs that embed the platform.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Caller, Request};
use crate::{Application, ByteStream, Error, Op, StreamReply, View};

impl Application {
    /// Calls a row that speaks JSON. What holds for a call of a front holds for this one.
    pub async fn run<I, O>(&self, operation: &Op<I, O>, caller: &Caller, input: I) -> Result<O, Error>
    where
        I: Serialize,
        O: View + DeserializeOwned,
    {
        let reply = self.call(self.typed(operation.name(), caller, &input)?).await.result?;
        let view: O = serde_json::from_value(reply.value).map_err(Error::internal)?;
        Ok(view.with_created(reply.created))
    }

    /// Calls a row that moves bytes; `bytes` is what is sent to it.
    pub async fn run_stream<I: Serialize>(
        &self,
        operation: &Op<I, StreamReply>,
        caller: &Caller,
        input: I,
        bytes: ByteStream,
    ) -> Result<StreamReply, Error> {
        self.stream(self.typed(operation.name(), caller, &input)?, bytes).await.result
    }

    fn typed(&self, operation: &str, caller: &Caller, input: &impl Serialize) -> Result<Request, Error> {
        let mut arguments = match serde_json::to_value(input).map_err(Error::internal)? {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        // What is not said is left out, as a caller over the wire would.
        arguments.retain(|_, value| !value.is_null());
        Ok(caller.request(operation, arguments, || self.request_id()))
    }
}
