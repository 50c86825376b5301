//! Single clicks.

use lp_analytics::{Click, Facts};
use lp_core::{
    Browser, ClickId, Country, Device, Handle, Language, LinkId, Os, Region, Revision, Slug, SlugKey,
};
use lp_ports::{AROUND, StoreError};
use sqlx::postgres::PgRow;

use crate::deadline::{SCAN, within};
use crate::rows::{Broken, field, instant, text, whole};
use crate::store::PgStore;
use crate::text::original;

/// All that is kept of a click but whose it is.
macro_rules! click_columns {
    () => {
        "at, id, link, slug, device, visitor, referrer, country, region, os, browser, language, source, campaign, \
         rule, variant, link_revision, rules_revision, visitor_key, came_before"
    };
}
pub(crate) use click_columns;

const ONE: &str = concat!(
    "SELECT ",
    click_columns!(),
    " FROM clicks WHERE handle = $1 AND at >= $2 AND at <= $3 AND id = $4"
);

const NEWEST: &str = concat!(
    "SELECT ",
    click_columns!(),
    " FROM clicks WHERE handle = $1 AND device <> 'BOT' AND ($2 = '' OR lower(slug) = $2) \
     ORDER BY at DESC, id DESC LIMIT $3"
);

pub(crate) async fn one(store: &PgStore, handle: &Handle, id: ClickId) -> Result<Option<Click>, StoreError> {
    let at = id.instant();
    let query = sqlx::query(ONE)
        .bind(handle.as_str())
        .bind(at.minus(AROUND).micros())
        .bind(at.plus(AROUND).micros())
        .bind(id.uuid());
    let row = store.read("db.click.one", query.fetch_optional(store.pool())).await?;
    row.map(|row| whole(click(&row, handle), "clicks", || id.to_string())).transpose()
}

pub(crate) async fn newest(
    store: &PgStore,
    handle: &Handle,
    slug: Option<&SlugKey>,
    most: u32,
) -> Result<Vec<Click>, StoreError> {
    let read = async {
        let mut moment = store.moment().await?;
        let slug = slug.map_or("", SlugKey::as_str);
        let query = sqlx::query(NEWEST).bind(handle.as_str()).bind(slug).bind(i64::from(most));
        let rows = query.fetch_all(&mut *moment).await?;
        moment.rollback().await?;
        Ok::<_, sqlx::Error>(rows)
    };
    let rows = match within(SCAN, Box::pin(read)).await {
        Ok(rows) => rows,
        Err(fault) => return Err(store.unavailable(fault).await),
    };
    rows.iter().map(|row| whole(click(row, handle), "clicks", || handle.to_string())).collect()
}

pub(crate) fn click(row: &PgRow, handle: &Handle) -> Result<Click, Broken> {
    Ok(Click {
        id: ClickId::new(field(row, "id")?),
        handle: handle.clone(),
        link: LinkId::new(field(row, "link")?),
        slug: Slug::parse(field(row, "slug")?)?,
        at: instant(row, "at")?,
        device: Device::parse(field(row, "device")?).ok_or_else(|| Broken::new("device"))?,
        visitor: field::<i64>(row, "visitor")?.cast_unsigned(),
        referrer: text(row, "referrer")?,
        facts: facts(row)?,
    })
}

fn facts(row: &PgRow) -> Result<Facts, Broken> {
    let said = |column| field::<Option<&str>>(row, column);
    let os = said("os")?.map_or(Some(Os::Unknown), Os::parse);
    let browser = said("browser")?.map_or(Some(Browser::Unknown), Browser::parse);
    Ok(Facts {
        country: said("country")?.map(Country::parse).transpose()?,
        region: said("region")?.map(Region::parse).transpose()?,
        os: os.ok_or_else(|| Broken::new("os"))?,
        browser: browser.ok_or_else(|| Broken::new("browser"))?,
        language: said("language")?.map(Language::parse).transpose()?,
        source: text_or_none(row, "source")?,
        campaign: text_or_none(row, "campaign")?,
        rule: text_or_none(row, "rule")?,
        variant: text_or_none(row, "variant")?,
        link_revision: revision(row, "link_revision")?,
        rules_revision: revision(row, "rules_revision")?,
        key: text_or_none(row, "visitor_key")?,
        returning: field::<Option<bool>>(row, "came_before")?.unwrap_or(false),
    })
}

/// A text; empty where nothing is stored.
fn text_or_none(row: &PgRow, column: &str) -> Result<String, Broken> {
    Ok(field::<Option<String>>(row, column)?.map(original).unwrap_or_default())
}

fn revision(row: &PgRow, column: &str) -> Result<Option<Revision>, Broken> {
    let number = field::<Option<i64>>(row, column)?.map(u64::try_from).transpose()?;
    Ok(number.map(Revision))
}
