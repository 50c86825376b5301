/// Whether a destination that answered so (`None`: not at all) is worth sending visitors to: 2xx, and 3xx that the
/// checker did not follow to an end. 401, 403 and 429 are answers to a machine, not to a visitor, but a link that
/// shows them cannot be vouched for.
pub fn healthy(status: Option<u16>) -> bool {
    status.is_some_and(|code| (200..400).contains(&code))
}
