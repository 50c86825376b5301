//! Outbound requests behind one address guard: the health prober.
