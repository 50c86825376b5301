//! Which apps were let in, and taking that back.

use lp_access::Connection;
use lp_ports::{Change, ConnectionChange};

use super::input::OneConnection;
use super::view::{ConnectionList, ConnectionView, EndedConnection};
use crate::Error;
use crate::cx::Cx;
use crate::system::NoInput;
use crate::tokens::texts;

/// Those that the account let in, wherever.
pub(super) async fn own(cx: Cx, _: NoInput) -> Result<ConnectionList, Error> {
    let (user, _) = cx.account()?;
    Ok(shown(&cx, &cx.connections().connections_of(user).await?))
}

/// Those that any member let into the handle.
pub(super) async fn in_handle(cx: Cx, _: NoInput) -> Result<ConnectionList, Error> {
    Ok(shown(&cx, &cx.connections().connections_in(cx.handle()?).await?))
}

/// Takes back what the account allowed; what others did does not exist for it.
pub(super) async fn end_own(cx: Cx, input: OneConnection) -> Result<EndedConnection, Error> {
    let (user, _) = cx.account()?;
    end(&cx, input, |one| one.user == user).await
}

/// Shuts an app out of the handle, whoever let it in.
pub(super) async fn end_in_handle(cx: Cx, input: OneConnection) -> Result<EndedConnection, Error> {
    let handle = cx.handle()?.clone();
    end(&cx, input, |one| one.handle == handle).await
}

async fn end(
    cx: &Cx,
    input: OneConnection,
    is_meant: impl Fn(&Connection) -> bool,
) -> Result<EndedConnection, Error> {
    let id = input.connection_id.0;
    let known = cx.connections().connection(id).await?.filter(is_meant);
    let known = known.ok_or_else(|| Error::not_found("the connection"))?;
    let batch = cx.batch_in(&known.handle, &cx.call.actor, &id.to_string());
    let ended = Change::Connection(ConnectionChange::Ended { id, at: cx.at() });
    cx.finish(batch.change(ended), EndedConnection { connection_id: id.to_string(), ended: true }).await
}

/// Those that go on.
fn shown(cx: &Cx, connections: &[Connection]) -> ConnectionList {
    let standing = connections.iter().filter(|one| one.is_taken_up() && one.standing(cx.at()).is_ok());
    ConnectionList { connections: standing.map(|one| view(cx, one)).collect() }
}

fn view(cx: &Cx, one: &Connection) -> ConnectionView {
    let used = one.last_used_at.max(cx.last_connection_use(one.id));
    ConnectionView {
        connection_id: one.id.to_string(),
        handle: cx.names().resolve_ever(&one.handle).name.to_string(),
        user_id: one.user.to_string(),
        client_id: one.client.id.clone(),
        client_name: (!one.client.name.is_empty()).then(|| one.client.name.clone()),
        answers_to: one.client.place.clone(),
        scopes: texts(&one.scopes),
        created_at: one.created_at.to_string(),
        last_used_at: used.map(|at| at.to_string()),
        expires_at: one.expires_at.to_string(),
    }
}
