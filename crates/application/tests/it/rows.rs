//! What must hold for every row.

use std::collections::HashSet;

use lp_access::Need;
use lp_application::{Auth, Kind, catalogue};

#[test]
fn names_say_their_context_and_fit_every_host() {
    for operation in catalogue().operations() {
        assert!(operation.name.len() <= 64 && operation.name.contains('_'), "{}", operation.name);
        assert!(operation.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", operation.name);
        assert!(!operation.about.is_empty() && operation.title != operation.name, "{}", operation.name);
    }
}

#[test]
fn a_row_of_a_handle_is_reached_by_accounts_and_by_tokens() {
    for operation in catalogue().operations() {
        let only = |auth| operation.mounts().iter().all(|mount| mount.auth == auth);
        match operation.need {
            Need::Public => assert!(only(Auth::Public), "{}", operation.name),
            Need::Account | Need::Role(_) => {
                assert!(only(Auth::Jwt) && !operation.tool, "{}: for accounts only", operation.name);
            }
            Need::Member { .. } => {
                let ways: HashSet<_> =
                    operation.mounts().iter().map(|mount| format!("{:?}", mount.auth)).collect();
                assert!(ways.contains("Jwt") && ways.contains("Pat"), "{}", operation.name);
            }
        }
    }
}

#[test]
fn every_path_parameter_is_an_argument() {
    for operation in catalogue().operations() {
        for mount in operation.mounts() {
            for segment in mount.path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')) {
                let known = segment == "handle" || operation.input["properties"].get(segment).is_some();
                assert!(known, "{} {segment}", operation.name);
            }
        }
    }
}

#[test]
fn schemas_are_closed_inputs_and_object_outputs_without_references() {
    for operation in catalogue().operations() {
        assert_eq!(operation.input["additionalProperties"], false, "{}", operation.name);
        assert!(!operation.input.to_string().contains("$ref"), "{}", operation.name);
        if operation.kind == Kind::Json {
            assert_eq!(operation.output["type"], "object", "{}", operation.name);
            assert!(!operation.output.to_string().contains("$ref"), "{}", operation.name);
        }
    }
}

#[test]
fn writes_are_said_to_write_and_destroy_nothing_that_cannot_come_back() {
    for operation in catalogue().operations() {
        let writes = [
            "create", "upsert", "update", "delete", "rollback", "import", "login", "refresh", "logout",
            "end", "revoke", "signup", "forgot", "start", "confirm", "change", "replace", "transfer",
            "rename", "restore", "redeem", "approve", "decline", "register", "token", "decide", "reorder",
        ];
        let named = operation.name.split('_').any(|word| writes.contains(&word));
        assert_eq!(!operation.effect.read_only, named, "{}", operation.name);
        let gone = [
            "tokens_revoke",
            "handles_transfer",
            "handles_delete",
            "oauth_revoke",
            "account_connections_end",
            "handle_connections_end",
            "routing_update_context_origins",
        ];
        let gone = gone.contains(&operation.name);
        assert_eq!(operation.effect.destructive, gone, "{}: every link keeps its revisions", operation.name);
    }
}
