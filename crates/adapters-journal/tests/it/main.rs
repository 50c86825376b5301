//! The journals: the contract of the port, and what each has of its own.

mod contract;
mod damage;
mod folder;
mod full;
mod kill;
mod memory;
mod modes;
