//! A small file of countries in MaxMind's format 2.0, for whoever reads such files.

/// Under which names a file has countries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeoForm {
    /// `country.iso_code`, as MaxMind and DB-IP write it.
    Nested,
    /// `country_code`, as iptoasn's files have it.
    Flat,
    /// As MaxMind's files of cities: the code is of country and region, `US-CA`.
    City,
}

/// One side of a node of the search tree.
#[derive(Clone, Copy)]
enum Side {
    Nothing,
    Node(usize),
    /// Where in the data section.
    Data(usize),
}

/// The bytes of a file that knows these networks of IPv4: address, length of the prefix, code of the country.
pub fn geo_file(form: GeoForm, networks: &[([u8; 4], u8, &str)]) -> Vec<u8> {
    let mut nodes = vec![[Side::Nothing; 2]];
    let mut data = Vec::new();
    for (address, length, code) in networks {
        let bits = u32::from_be_bytes(*address);
        let bit = |at: u8| usize::from(bits >> (31 - at) & 1 == 1);
        let mut node = 0;
        for at in 0..length - 1 {
            node = if let Side::Node(next) = nodes[node][bit(at)] {
                next
            } else {
                nodes.push([Side::Nothing; 2]);
                let next = nodes.len() - 1;
                nodes[node][bit(at)] = Side::Node(next);
                next
            };
        }
        nodes[node][bit(length - 1)] = Side::Data(data.len());
        match form {
            GeoForm::Nested => {
                data.extend(map(&[("country", map(&[("iso_code", text(code))]))]));
            }
            GeoForm::City => {
                let (country, region) = code.split_once('-').expect("a country and a region");
                let one = [vec![1, 4], map(&[("iso_code", text(region))])].concat();
                data.extend(map(&[("country", map(&[("iso_code", text(country))])), ("subdivisions", one)]));
            }
            GeoForm::Flat => data.extend(map(&[("country_code", text(code))])),
        }
    }
    let count = nodes.len();
    let record = |side: &Side| {
        let number = match side {
            Side::Nothing => count,
            Side::Node(node) => *node,
            Side::Data(at) => count + 16 + at,
        };
        let bytes = u32::try_from(number).expect("a small file").to_be_bytes();
        [bytes[1], bytes[2], bytes[3]]
    };
    let mut file: Vec<u8> = nodes.iter().flatten().flat_map(record).collect();
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    file.extend(map(&[
        ("binary_format_major_version", number(5, 2)),
        ("binary_format_minor_version", number(5, 0)),
        ("build_epoch", number(9, 1_767_225_600)),
        ("database_type", text("Countries")),
        ("description", map(&[])),
        ("ip_version", number(5, 4)),
        ("languages", vec![0, 4]),
        ("node_count", number(6, u64::try_from(count).expect("a small file"))),
        ("record_size", number(5, 24)),
    ]));
    file
}

fn map(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![7 << 5 | short(pairs.len())];
    for (name, value) in pairs {
        bytes.extend(text(name));
        bytes.extend(value);
    }
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [&[2 << 5 | short(text.len())], text.as_bytes()].concat()
}

/// Of a type: 5, 6 and 9 are numbers of 16, 32 and 64 bits.
fn number(kind: u8, number: u64) -> Vec<u8> {
    let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    let size = short(bytes.len());
    let head = if kind > 7 { vec![size, kind - 7] } else { vec![kind << 5 | size] };
    [head, bytes].concat()
}

/// Sizes below 29 stand beside the type.
fn short(size: usize) -> u8 {
    u8::try_from(size).ok().filter(|size| *size < 29).expect("a small value")
}
