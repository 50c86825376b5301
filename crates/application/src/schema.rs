//! Schemas of inputs and outputs, and the check of arguments against them that names every fault at once.

use std::collections::HashMap;

use jsonschema::Validator;
use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::json::pointer_step;
use crate::wire::FORMATS;
use crate::{Code, Fault};

/// More faults than this are not worth reading, and a hostile body must not make a reply grow without end.
const MOST: usize = 100;
const MISTYPED: &str = "wrong_type";
/// What the derive calls numbers.
const NUMBERS: [&str; 5] = ["uint16", "uint32", "uint64", "int64", "double"];

/// The schema of what is read as `T` (JSON Schema 2020-12), everything inline.
pub(crate) fn of_input<T: JsonSchema>() -> Value {
    bare(
        SchemaSettings::draft2020_12().for_deserialize().with(|settings| settings.inline_subschemas = true),
        schemars::SchemaGenerator::into_root_schema_for::<T>,
    )
}

/// The schema of what `T` is written as.
pub(crate) fn of_output<T: JsonSchema>() -> Value {
    bare(
        SchemaSettings::draft2020_12().for_serialize().with(|settings| settings.inline_subschemas = true),
        schemars::SchemaGenerator::into_root_schema_for::<T>,
    )
}

fn bare(
    settings: SchemaSettings,
    generate: impl FnOnce(schemars::SchemaGenerator) -> schemars::Schema,
) -> Value {
    let mut schema = generate(settings.into_generator()).to_value();
    if let Some(object) = schema.as_object_mut() {
        for key in ["$schema", "title", "description"] {
            object.shift_remove(key);
        }
    }
    plain(&mut schema);
    schema
}

/// Drops what only says which Rust number it was: it means nothing to readers, and models pay for every word.
fn plain(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let machine = |format: &Value| format.as_str().is_some_and(|name| NUMBERS.contains(&name));
            if object.get("format").is_some_and(machine) {
                object.shift_remove("format");
                if object.get("maximum").is_some_and(|most| *most == u16::MAX) {
                    object.shift_remove("maximum");
                }
            }
            object.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

/// Compiles a schema; the formats are those of the wire types.
///
/// # Panics
/// Where the schema is not one: it comes from a type of this crate, and a test compiles every row.
pub(crate) fn validator(schema: &Value) -> Validator {
    let mut options =
        jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
    for format in FORMATS {
        options = options.with_format(format.name, |text| (format.check)(text).is_none());
    }
    #[expect(clippy::expect_used, reason = "the schema is derived from a type of this crate")]
    options.build(&with_properties(schema)).expect("a derived schema compiles")
}

/// Where an object may hold nothing at all, the library tells of one key too many and not which; where there is a list of
/// properties, and be it empty, it names them all.
fn with_properties(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(object) = &mut schema
        && object.get("additionalProperties") == Some(&Value::Bool(false))
    {
        object.entry("properties").or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    schema
}

/// Every fault of the arguments, in the order of the schema, at most a hundred. A value that breaks several rules is
/// told the one that says most: its type, else the rule of the domain, else what the schema adds for those who read it.
pub(crate) fn faults(validator: &Validator, arguments: &Value) -> Vec<Fault> {
    let mut faults: Vec<_> =
        validator.iter_errors(arguments).flat_map(|error| name(&error)).take(MOST).collect();
    let mut best: HashMap<String, u8> = HashMap::new();
    for fault in &faults {
        let least = best.entry(fault.pointer.clone()).or_insert(u8::MAX);
        *least = rank(fault.code).min(*least);
    }
    faults.retain(|fault| best.get(&fault.pointer).is_some_and(|least| rank(fault.code) == *least));
    faults
}

fn rank(code: &str) -> u8 {
    match code {
        MISTYPED => 0,
        code if FORMATS.iter().any(|format| format.code == code) => 1,
        _ => 2,
    }
}

fn name(error: &ValidationError<'_>) -> Vec<Fault> {
    let at = error.instance_path().as_str().to_owned();
    let one = |code, message: String| vec![Fault { pointer: at.clone(), code, message }];
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|key| Fault {
                pointer: format!("{at}/{}", pointer_step(key)),
                code: "unknown_field",
                message: "is not a field of this operation".to_owned(),
            })
            .collect(),
        ValidationErrorKind::Required { property } => vec![Fault {
            pointer: format!("{at}/{}", pointer_step(property.as_str().unwrap_or_default())),
            code: "required",
            message: "is missing".to_owned(),
        }],
        ValidationErrorKind::Format { format } => {
            match FORMATS.iter().find(|known| known.name == format.as_str()) {
                Some(known) => {
                    let text = error.instance().as_str().unwrap_or_default();
                    one(known.code, (known.check)(text).unwrap_or_else(|| format!("is not a {format}")))
                }
                None => one("invalid_format", format!("is not a {format}")),
            }
        }
        ValidationErrorKind::Type { kind } => one(MISTYPED, format!("must be of type {}", types(kind))),
        ValidationErrorKind::Enum { options } => one("unknown_value", format!("must be one of {options}")),
        ValidationErrorKind::Constant { expected_value } => {
            one("unknown_value", format!("must be {expected_value}"))
        }
        ValidationErrorKind::Minimum { limit } => one("too_small", format!("must be at least {limit}")),
        ValidationErrorKind::Maximum { limit } => one("too_large", format!("must be at most {limit}")),
        ValidationErrorKind::MinLength { limit } => {
            one("too_short", format!("must have at least {limit} characters"))
        }
        ValidationErrorKind::MaxLength { limit } => {
            one("too_long", format!("must have at most {limit} characters"))
        }
        ValidationErrorKind::MinItems { limit } => {
            one("too_few", format!("must have at least {limit} entries"))
        }
        ValidationErrorKind::MaxItems { limit } => {
            one("too_many", format!("must have at most {limit} entries"))
        }
        other => one("invalid", format!("breaks the rule '{}'", other.keyword())),
    }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(set) => {
            // What a caller most likely wants first, null last.
            let mut names: Vec<_> = set.iter().map(|one| one.to_string()).collect();
            names.sort_by_key(|name| name == "null");
            names.join(" or ")
        }
    }
}

/// Codes that faults of arguments can give a reply.
pub(crate) const ARGUMENT_CODES: &[Code] = &[Code::VALIDATION, Code::INVALID_PAYLOAD];
