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
    file.territory_of(address).map(|territory| territory.country.to_string())
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
fn files_of_cities_say_the_region_too() {
    let folder = TempDir::new().expect("a folder");
    let networks =
        [([203, 0, 113, 0], 24, "US-CA"), ([198, 51, 100, 0], 24, "FR-75C"), ([192, 0, 2, 0], 24, "DE-LONG")];
    let file = GeoFile::open(&written(&folder, &geo_file(GeoForm::City, &networks))).expect("it opens");
    for (address, expected) in [
        ([203, 0, 113, 7], ("US", Some("CA"))),
        ([198, 51, 100, 7], ("FR", Some("75C"))),
        ([192, 0, 2, 7], ("DE", None)),
    ] {
        let found = file.territory_of(IpAddr::from(address)).expect("a territory");
        let region = found.region.map(|region| region.to_string());
        assert_eq!((found.country.as_str(), region.as_deref()), expected);
    }
}

#[test]
fn another_file_is_taken_and_a_broken_one_leaves_the_one_of_before_in_use() {
    let folder = TempDir::new().expect("a folder");
    let of = |code| geo_file(GeoForm::Flat, &[([203, 0, 113, 0], 24, code)]);
    let path = written(&folder, &of("DE"));
    let file = GeoFile::open(&path).expect("it opens");
    let first = file.edition();
    file.renew();
    assert_eq!((country(&file, "203.0.113.7").as_deref(), file.edition()), (Some("DE"), first));
    // Of another size, because two writes may fall into one tick of the file's clock.
    written(&folder, &geo_file(GeoForm::City, &[([203, 0, 113, 0], 24, "US-CA")]));
    file.renew();
    assert_eq!((country(&file, "203.0.113.7").as_deref(), file.edition()), (Some("US"), first + 1));
    written(&folder, b"broken");
    file.renew();
    assert_eq!((country(&file, "203.0.113.7").as_deref(), file.edition()), (Some("US"), first + 1));
    std::fs::remove_file(&path).expect("the file is removed");
    file.renew();
    assert_eq!((country(&file, "203.0.113.7").as_deref(), file.edition()), (Some("US"), first + 1));
    written(&folder, &of("FR"));
    file.renew();
    assert_eq!((country(&file, "203.0.113.7").as_deref(), file.edition()), (Some("FR"), first + 2));
}

#[test]
fn a_file_says_what_it_is_and_when_it_was_made() {
    let folder = TempDir::new().expect("a folder");
    let file = geo_file(GeoForm::Flat, &[([203, 0, 113, 0], 24, "DE")]);
    let about = GeoFile::open(&written(&folder, &file)).expect("it opens").about();
    assert_eq!(
        (about.kind.as_str(), about.built.to_string().as_str()),
        ("Countries", "2026-01-01T00:00:00.000Z")
    );
}

#[test]
fn what_is_no_such_file_is_refused() {
    let folder = TempDir::new().expect("a folder");
    assert!(GeoFile::open(&folder.path().join("absent.mmdb")).is_err());
    for bytes in [&b""[..], b"not a database", &geo_file(GeoForm::Flat, &[([1, 0, 0, 0], 8, "AU")])[..100]] {
        assert!(GeoFile::open(&written(&folder, bytes)).is_err());
    }
}
