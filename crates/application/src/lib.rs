//! Operations, their catalogue, and the one gate every surface goes through.
