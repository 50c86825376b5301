//! What a file says of addresses.

use std::net::IpAddr;
use std::path::PathBuf;

use lp_adapters_geo::GeoFile;
use lp_ports::Countries as _;
use lp_testkit::{GeoForm, geo_file};
use tempfile::TempDir;

fn written(folder: &TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("countries.mmdb");
    std::fs::write(&path, bytes).expect("the file is written");
    path
}

fn country(file: &GeoFile, address: &str) -> Option<String> {
    let address: IpAddr = address.parse().expect("an address");
    file.country_of(address).map(|country| country.to_string())
}

#[test]
fn a_country_is_found_by_the_network_of_the_address_in_either_form() {
    for form in [GeoForm::Nested, GeoForm::Flat] {
        let networks =
            [([203, 0, 113, 0], 24, "DE"), ([198, 51, 100, 0], 25, "us"), ([192, 0, 2, 0], 24, "XX")];
        let folder = TempDir::new().expect("a folder");
        let file = GeoFile::open(&written(&folder, &geo_file(form, &networks))).expect("it opens");
        for (address, expected) in [
            ("203.0.113.7", Some("DE")),
            ("198.51.100.127", Some("US")),
            ("198.51.100.128", None),
            ("192.0.2.1", None),
            ("8.8.8.8", None),
            ("2001:db8::1", None),
        ] {
            assert_eq!(country(&file, address).as_deref(), expected, "{address}");
        }
    }
}

#[test]
fn what_is_no_such_file_is_refused() {
    let folder = TempDir::new().expect("a folder");
    assert!(GeoFile::open(&folder.path().join("absent.mmdb")).is_err());
    for bytes in [&b""[..], b"not a database", &geo_file(GeoForm::Flat, &[([1, 0, 0, 0], 8, "AU")])[..100]] {
        assert!(GeoFile::open(&written(&folder, bytes)).is_err());
    }
}
