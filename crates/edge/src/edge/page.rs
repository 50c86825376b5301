/// The only style the page may use; [`POLICY`] names its hash.
pub(super) const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;\
color:#222;background:#fff}h1{font-size:1.5rem;margin:0 0 .5rem}p{margin:0;color:#555}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}p{color:#aaa}}";

/// Nothing may be loaded or run, and nobody may frame the page.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'sha256-EoTmcPY3MnwokHkljXCz9yysbogCjEa8ssip4CAcWHg='; \
base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page with one sentence. The texts are our own, so nothing has to be escaped.
pub(super) fn render(title: &'static str, sentence: &'static str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<h1>{title}</h1>\n<p>{sentence}</p>\n</body>\n</html>\n"
    )
}
