//! `bench-geo FILE` writes a file of countries in MaxMind's format: 65,536 networks below 10.0.0.0/8, in turn in 8
//! countries. Started by `cargo xtask bench`.

use std::path::PathBuf;

use bench::COUNTRIES;
use clap::Parser;
use lp_testkit::{GeoForm, geo_file};

#[derive(Parser)]
struct Arguments {
    file: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let networks: Vec<_> = (0..=u8::MAX)
        .flat_map(|second| (0..=u8::MAX).map(move |third| ([10, second, third, 0], 24, third)))
        .map(|(network, length, third)| (network, length, COUNTRIES[usize::from(third) % COUNTRIES.len()]))
        .collect();
    std::fs::write(Arguments::parse().file, geo_file(GeoForm::Nested, &networks))?;
    Ok(())
}
