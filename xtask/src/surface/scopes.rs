//! The documented tools and the scope that each needs. Assistants are configured by these names: they never change.

use serde_json::Value;

/// Where a tool of the catalogue states its scope.
const SCOPE: &str = "link-platform/scope";

/// The documented table. A tool of ours that it does not list takes its scope from its own row.
const DOCUMENTED: &[(&str, &[&str])] = &[
    ("links.read", &["links_list", "links_health_check", "links_route_preview"]),
    ("links.write", &["links_upsert"]),
    (
        "pages.read",
        &[
            "pages_list",
            "campaign_structure_get",
            "commerce_pages_list",
            "commerce_page_buyers_list",
            "commerce_access_check",
            "commerce_checkout_session_preview",
        ],
    ),
    ("pages.write", &["campaign_structure_upsert", "campaign_structure_publish", "commerce_refund_issue"]),
    ("site.deployments.read", &["site_list_deployments", "site_preview_deployment"]),
    ("site.deployments.write", &["site_deploy_inline", "site_deploy_multifile"]),
    ("analytics.read", &["analytics_get", "analytics_export"]),
    ("webhooks.read", &["webhooks_list"]),
    ("webhooks.write", &["webhooks_create", "webhooks_delete", "webhooks_test"]),
    ("tracking.templates.read", &["tracking_list_templates"]),
    ("tracking.templates.write", &["tracking_upsert_template"]),
    ("tracking.personalization.read", &["tracking_list_personalization_rules"]),
    ("tracking.personalization.write", &["tracking_upsert_personalization_rule"]),
    ("routing.context_origins.read", &["routing_list_context_origins"]),
    ("routing.context_origins.write", &["routing_update_context_origins"]),
    ("system.usage.read", &["system_usage_meters"]),
    ("system.audit.read", &["system_audit_events"]),
    ("agent.strategy.read", &["strategy_query"]),
];

/// What is built so far and may not go away again. Grows with every capability.
const PRESENT: &[&str] = &[
    "links_list",
    "links_upsert",
    "links_health_check",
    "links_route_preview",
    "analytics_get",
    "system_health",
    "system_usage_meters",
    "tracking_resolve_context",
    "routing_list_context_origins",
    "routing_update_context_origins",
];

/// Where this catalogue departs from the documented one. It is a list of tools, or an object with `tools`.
pub(super) fn faults(catalogue: &Value) -> Vec<String> {
    let Some(tools) = catalogue.get("tools").unwrap_or(catalogue).as_array() else {
        return vec!["holds no list of tools".to_owned()];
    };
    let name = |tool: &Value| tool.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();

    let mut faults = Vec::new();
    for present in PRESENT {
        match tools.iter().filter(|tool| name(tool) == *present).count() {
            0 => faults.push(format!("the tool {present} is missing")),
            1 => {}
            many => faults.push(format!("the tool {present} is listed {many} times")),
        }
    }
    for tool in tools {
        let name = name(tool);
        let stated = tool.get("_meta").and_then(|meta| meta.get(SCOPE)).and_then(Value::as_str);
        if let Some(documented) = documented(&name)
            && stated != Some(documented)
        {
            let stated = stated.unwrap_or("none");
            faults.push(format!(
                "the tool {name} states the scope {stated}, the documented one is {documented}"
            ));
        }
    }
    faults
}

fn documented(tool: &str) -> Option<&'static str> {
    DOCUMENTED.iter().find(|(_, tools)| tools.contains(&tool)).map(|(scope, _)| *scope)
}
