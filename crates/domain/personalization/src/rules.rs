//! Rules compiled for deciding.
//!
//! For each kind of fact there is a table: a row for each value that some rule names, and one for all other values. A row
//! has a bit for each rule, set where the rule does not mind that value. A visitor picks one row of each table; the bits
//! that are set in all of them are the rules the visitor meets. The rules stand in the order they are looked at, so the
//! lowest bit is the first.

use std::ptr;

use lp_core::{Country, prefetch};
use lp_links::{Allocation, Fact, Priority, RuleId, When};

use crate::allocate::{Seats, lot};
use crate::visitor::{Asks, Visitor};

/// How a rule was found when it was looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Its owner switched it off.
    Off,
    /// The first condition that the visitor does not meet, and what the visitor has instead; empty where it is unknown.
    Failed {
        fact: Fact,
        value: String,
    },
    /// The conditions are met, but the visitor does not belong to the part that the rule takes. `lot`: where the visitor
    /// stands between 0 and 1; `None` for one without a key.
    NotAllocated {
        share: f64,
        lot: Option<f64>,
    },
    Matched,
}

/// Whoever wants to be told of each rule, by its id.
pub(crate) type Told<'t> = &'t mut dyn FnMut(&str, Verdict);

/// A rule as it was given: whom it is for, and what it does.
pub(crate) struct Given<'g, T> {
    pub(crate) id: &'g RuleId,
    pub(crate) enabled: bool,
    pub(crate) priority: Priority,
    pub(crate) when: &'g When,
    pub(crate) allocation: Allocation,
    /// What becomes of those whom it takes.
    pub(crate) then: T,
}

/// Which rule chose, and whether lots were drawn on the way.
#[derive(Debug)]
pub(crate) struct Chosen<'r, T> {
    pub(crate) rule: Option<&'r Rule<T>>,
    pub(crate) drawn: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule<T> {
    pub(crate) id: Box<str>,
    pub(crate) then: T,
    allocation: Allocation,
    seats: Seats,
}

/// Rules in the order they are looked at: those of a link, or those of a handle.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rules<T> {
    ordered: Box<[Rule<T>]>,
    /// How many words a row has.
    words: usize,
    /// Those that are switched on.
    on: Box<[u64]>,
    /// In the order of [`Fact::ALL`].
    tables: [Table; Fact::ALL.len()],
}

/// Which rules do not mind which value.
///
/// Values are known by their hashes alone, all 64 bits of them: numbers stand side by side in memory, while each text lies
/// somewhere else. Who finds another text with the hash of a value gains what writing that value gains.
#[derive(Debug, PartialEq, Eq)]
struct Table {
    /// Of the values that some rule names, without regard to case, in order.
    values: Box<[u64]>,
    /// A row for each value, and one for what is no value of these.
    rows: Box<[u64]>,
}

impl<T> Rules<T> {
    /// Prepares rules. In which order they are given means nothing.
    pub(crate) fn compile(mut rules: Vec<Given<'_, T>>) -> Self {
        rules.sort_by(|one, other| (one.priority, one.id).cmp(&(other.priority, other.id)));
        let words = rules.len().div_ceil(64);
        let mut on = vec![0; words];
        for (at, _) in rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
            set(&mut on, at);
        }
        let conditions: Vec<_> = rules.iter().map(|rule| rule.when).collect();
        Self {
            words,
            on: on.into(),
            tables: Fact::ALL.map(|fact| Table::compile(&conditions, fact, words)),
            ordered: rules
                .into_iter()
                .map(|rule| Rule {
                    id: rule.id.as_str().into(),
                    then: rule.then,
                    allocation: rule.allocation,
                    seats: Seats::of(rule.allocation),
                })
                .collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ordered.is_empty()
    }

    /// Asks memory for what [`Rules::choose`] reads: of each table the values, and the row of most visitors.
    pub(crate) fn prefetch(&self) {
        for table in &self.tables {
            // So many share a line. Where there are hundreds, a search reads but few of the lines.
            table.values.chunks(8).take(4).for_each(|line| prefetch(line));
            prefetch(ptr::from_ref(&*table.rows).cast::<u64>().wrapping_add(self.words * table.values.len()));
        }
    }

    /// In the order they are looked at.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Rule<T>> {
        self.ordered.iter()
    }

    /// Without those that are switched off.
    pub(crate) fn switched_on(&self) -> impl Iterator<Item = &Rule<T>> {
        let on = |at: usize| self.on.get(at / 64).is_some_and(|word| word & bit(at) != 0);
        self.ordered.iter().enumerate().filter(move |(at, _)| on(*at)).map(|(_, rule)| rule)
    }

    /// What has to be known of visitors.
    pub(crate) fn asks(&self) -> Asks {
        let kinds = Fact::ALL.iter().zip(&self.tables).filter(|(_, table)| !table.values.is_empty());
        let asked = kinds.fold(Asks::NOTHING, |asks, (fact, _)| {
            asks.also(match fact {
                Fact::Source => Asks::SOURCE,
                Fact::Campaign => Asks::CAMPAIGN,
                Fact::Country => Asks::COUNTRY,
                Fact::Device => Asks::NOTHING,
                Fact::Segment => Asks::SEGMENTS,
            })
        });
        let drawn = self.ordered.iter().any(|rule| rule.seats.are_drawn());
        if drawn { asked.also(Asks::KEY) } else { asked }
    }

    /// The first rule that the visitor meets and that takes the visitor. Looks at nothing twice and does not allocate,
    /// unless somebody is told: then each rule is told of, in order, up to the one that chose.
    pub(crate) fn choose<'r>(&'r self, visitor: &Visitor<'_>, mut told: Option<Told<'_>>) -> Chosen<'r, T> {
        let country = visitor.country.as_ref().map_or("", Country::as_str);
        let single = [visitor.source, visitor.campaign, country, visitor.device.as_str()];
        let [sources, campaigns, countries, devices, segments] = &self.tables;
        let rows = [
            sources.row(single[0]),
            campaigns.row(single[1]),
            countries.row(single[2]),
            devices.row(single[3]),
        ];
        let met = |fact: usize, word: usize| match rows.get(fact) {
            Some(row) => self.tables[fact].word(*row, word, self.words),
            None => segments.any(visitor.segments, word, self.words),
        };
        let mut next = 0;
        let mut drawn = false;
        let pass = |from: usize, to: usize, told: &mut Option<Told<'_>>| {
            let Some(told) = told else { return };
            for (at, rule) in self.ordered.iter().enumerate().take(to).skip(from) {
                let lacks = |fact: &usize| met(*fact, at / 64) & bit(at) == 0;
                let verdict = if self.on[at / 64] & bit(at) == 0 {
                    Verdict::Off
                } else {
                    let failed = (0..Fact::ALL.len()).find(lacks).unwrap_or_default();
                    let value = single.get(failed).map(|value| (*value).to_owned());
                    let value = value.unwrap_or_else(|| visitor.segments.join(", "));
                    Verdict::Failed { fact: Fact::ALL[failed], value }
                };
                told(&rule.id, verdict);
            }
        };
        for (word, on) in self.on.iter().enumerate() {
            let mut open = (0..self.tables.len()).fold(*on, |open, fact| open & met(fact, word));
            while open != 0 {
                let at = word * 64 + open.trailing_zeros() as usize;
                open &= open - 1;
                pass(next, at, &mut told);
                next = at + 1;
                let rule = &self.ordered[at];
                drawn |= rule.seats.are_drawn() && !visitor.key.is_empty();
                let taken = rule.seats.takes(&rule.id, visitor.key);
                if let Some(told) = &mut told {
                    let lot = (!visitor.key.is_empty()).then(|| lot(&rule.id, visitor.key));
                    let passed = Verdict::NotAllocated { share: rule.allocation.share(), lot };
                    told(&rule.id, if taken { Verdict::Matched } else { passed });
                }
                if taken {
                    return Chosen { rule: Some(rule), drawn };
                }
            }
        }
        pass(next, self.ordered.len(), &mut told);
        Chosen { rule: None, drawn }
    }

    /// What it takes of the heap, roughly; `then` says it of what a rule does.
    pub(crate) fn heap_len(&self, then: impl Fn(&T) -> usize) -> usize {
        let rules = self.ordered.iter().map(|rule| size_of::<Rule<T>>() + rule.id.len() + then(&rule.then));
        let tables = self.tables.iter().map(|table| size_of_val(&*table.values) + size_of_val(&*table.rows));
        rules.sum::<usize>() + tables.sum::<usize>() + size_of_val(&*self.on)
    }
}

impl Table {
    fn compile(rules: &[&When], fact: Fact, words: usize) -> Self {
        let mut values: Vec<_> = rules.iter().flat_map(|when| when.values(fact)).map(hash).collect();
        values.sort_unstable();
        values.dedup();
        let mut table = Self { rows: vec![0; (values.len() + 1) * words].into(), values: values.into() };
        for (at, when) in rules.iter().enumerate() {
            let named = when.values(fact);
            if named.is_empty() {
                (0..=table.values.len()).for_each(|row| set(&mut table.rows[row * words..], at));
            }
            for value in named {
                let row = table.row(value);
                set(&mut table.rows[row * words..], at);
            }
        }
        table
    }

    /// The row of a value; the last one is that of all others.
    fn row(&self, value: &str) -> usize {
        let others = self.values.len();
        if others == 0 {
            return 0;
        }
        let value = hash(value);
        let at = self.values.partition_point(|known| *known < value);
        if self.values.get(at) == Some(&value) { at } else { others }
    }

    fn word(&self, row: usize, word: usize, words: usize) -> u64 {
        self.rows.get(row * words + word).copied().unwrap_or(0)
    }

    /// The rules that do not mind one of several values, or that there is none.
    fn any(&self, values: &[&str], word: usize, words: usize) -> u64 {
        let none = self.word(self.values.len(), word, words);
        if self.values.is_empty() {
            return none;
        }
        values.iter().fold(none, |rules, value| rules | self.word(self.row(value), word, words))
    }
}

/// The hash of a text without regard to case: FNV-1a of 64 bits (Fowler, Noll and Vo).
fn hash(text: &str) -> u64 {
    const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;
    let mixed = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    if text.is_ascii() {
        return text.bytes().fold(EMPTY, |hash, byte| mixed(hash, byte.to_ascii_lowercase()));
    }
    folded(text).fold(EMPTY, |hash, letter| letter.encode_utf8(&mut [0; 4]).bytes().fold(hash, mixed))
}

/// A text without regard to case.
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

fn bit(at: usize) -> u64 {
    1 << (at % 64)
}

fn set(words: &mut [u64], at: usize) {
    if let Some(word) = words.get_mut(at / 64) {
        *word |= bit(at);
    }
}
