//! REST from the catalogue: routes, binding, rendering, the OpenAPI document.
