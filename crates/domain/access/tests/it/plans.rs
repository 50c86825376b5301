use lp_access::{Feature, Locked, Plan, PlanRules, Subscription, Terms, TermsChange, WriteDay};
use lp_core::{Day, TimeZone, Timestamp};
use proptest::prelude::*;

const RULES: PlanRules = PlanRules { start: Plan::Free, enterprise_writes: None };

fn on(plan: Plan) -> Terms {
    Terms { plan: Some(plan), ..Terms::default() }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

fn zone(name: &str) -> TimeZone {
    TimeZone::parse(name).expect("a zone")
}

#[test]
fn plans_have_the_documented_quotas() {
    let writes =
        |rules: PlanRules| Plan::ALL.iter().map(|plan| rules.writes_per_day(*plan)).collect::<Vec<_>>();
    assert_eq!(writes(RULES), [Some(2), Some(10), None]);
    let documented = PlanRules { enterprise_writes: Some(PlanRules::ENTERPRISE_WRITES), ..RULES };
    assert_eq!(writes(documented), [Some(2), Some(10), Some(500)]);
    assert_eq!(PlanRules::default().writes_per_day(PlanRules::default().start), None);
}

#[test]
fn plans_have_the_documented_features() {
    use Feature::{CreatorPages, Exports, GrowthTools, OpenAnalyst, PaidPages};
    assert_eq!(RULES.features(&on(Plan::Free)), [OpenAnalyst]);
    assert_eq!(RULES.features(&on(Plan::Pro)), [GrowthTools, Exports, CreatorPages, OpenAnalyst]);
    assert_eq!(
        RULES.features(&on(Plan::Enterprise)),
        [GrowthTools, Exports, CreatorPages, PaidPages, OpenAnalyst]
    );
    let locked = RULES.unlocked(&on(Plan::Pro), PaidPages);
    assert_eq!(locked, Err(Locked { feature: PaidPages, required: Some(Plan::Enterprise) }));
}

#[test]
fn what_every_account_has_depends_on_no_plan() {
    for plan in Plan::ALL {
        let without = Terms { openanalyst: false, ..on(*plan) };
        let locked = RULES.unlocked(&without, Feature::OpenAnalyst).expect_err("taken away");
        assert_eq!(locked.required, None);
        assert_eq!(locked.to_string(), "the account may not use 'openanalyst'");
    }
}

#[test]
fn an_account_without_a_plan_of_its_own_has_what_accounts_start_with() {
    let none = Terms::default();
    assert_eq!(RULES.plan(&none), Plan::Free);
    assert_eq!(PlanRules { start: Plan::Pro, ..RULES }.plan(&none), Plan::Pro);
    assert_eq!(
        PlanRules { start: Plan::Pro, ..RULES }.plan(&RULES.begin()),
        Plan::Free,
        "it has begun with it"
    );
}

#[test]
fn what_is_not_set_of_terms_is_kept() {
    let terms = Terms { plan: Some(Plan::Pro), time_zone: zone("Asia/Tokyo"), openanalyst: false };
    assert!(TermsChange::default().is_empty());
    assert_eq!(terms.clone().with(TermsChange::default()), terms);
    let set = TermsChange { plan: Some(Plan::Free), ..TermsChange::default() };
    assert!(!set.is_empty());
    assert_eq!(terms.clone().with(set), Terms { plan: Some(Plan::Free), ..terms });
}

#[test]
fn moving_to_a_zone_where_it_is_yesterday_brings_no_writes_back() {
    let now = at("2026-02-25T11:00:00Z");
    let mut account = Subscription::default();
    account.terms.time_zone = zone("Pacific/Kiritimati");
    let tomorrow = RULES.write_use(&account, now).today;
    assert_eq!(tomorrow.day, Day::of(20_260_226).expect("a day"));
    account.written = Some(tomorrow.and_one().and_one());
    account.terms.time_zone = zone("Pacific/Pago_Pago");
    let standing = RULES.write_use(&account, now);
    assert_eq!((standing.today.writes, standing.has_room()), (2, false));
    // There it is the 25th, and the 26th, against which was written, ends only a day later.
    assert_eq!(standing.ends_at, at("2026-02-27T11:00:00Z"));
}

proptest! {
    /// However writes, zones and clocks come, no day sees more of them than its most.
    #[test]
    fn no_day_has_more_writes_than_it_may(
        most in 1..5_u32,
        days in prop::collection::vec(0..4_u32, 0..60),
    ) {
        let (mut written, mut let_in) = (None, std::collections::BTreeMap::<Day, u32>::new());
        for number in days {
            let today = Day::of(20_260_225 + number).expect("a day");
            let now = WriteDay::counted_on(written, today);
            prop_assert!(now.day >= today);
            if now.has_room(Some(most)) {
                written = Some(now.and_one());
                *let_in.entry(now.day).or_default() += 1;
            }
        }
        prop_assert!(let_in.values().all(|writes| *writes <= most));
    }
}
