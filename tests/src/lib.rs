//! Black-box tests of the real binary over real sockets: parity, the authorization sweep, bad input.
