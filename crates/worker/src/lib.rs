//! The loops behind the surfaces: route refresh, click drain, refusal summaries, expiry.
