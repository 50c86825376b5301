//! Link Platform as a library: the assembly that the server and other services embed.
