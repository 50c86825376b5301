//! Public traffic: the route table in memory, redirects, click recording.
