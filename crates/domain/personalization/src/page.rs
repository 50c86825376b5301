use crate::{Context, Personalized, Policy, Visitor};

impl Policy {
    /// Which rule a page shows a visitor by.
    ///
    /// Whoever comes with the context of a redirect sees what was chosen there, as long as that rule still stands and
    /// makes the same variant; everybody else is decided for as a link's visitors are.
    pub fn personalize_page<'p>(
        &'p self,
        brought: Option<&Context<'_>>,
        visitor: &Visitor<'_>,
    ) -> Personalized<'p> {
        let chosen = brought.filter(|context| !context.variant.is_empty()).and_then(|context| {
            let (rule, personal) = self.standing(context.rule)?;
            (personal.variant() == context.variant).then_some((rule, personal))
        });
        match chosen {
            Some(rule) => Personalized { rule: Some(rule), drawn: false },
            None => self.personalize(visitor),
        }
    }
}
