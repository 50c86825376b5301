"""What schemathesis has to know beyond the document: what some formats look like, and which breaches are none."""

import string

import requests
import schemathesis
from hypothesis import strategies as st

# A web address is what the URL standard reads, which no pattern can say.
LABEL = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)
PATH = st.text(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@%/", max_size=60)
TAIL = st.one_of(st.just(""), st.text(string.ascii_letters + string.digits + "-._~=&+/?", max_size=40))


@st.composite
def web_urls(draw):
    host = ".".join(draw(st.lists(LABEL, min_size=1, max_size=3))) + ".example"
    port = draw(st.one_of(st.just(""), st.integers(0, 65_535).map(":{}".format)))
    query, fragment = draw(TAIL), draw(TAIL)
    address = draw(st.sampled_from(["http", "https", "HTTPS"])) + "://" + host + port + "/" + draw(PATH)
    return address + ("?" + query if query else "") + ("#" + fragment if fragment else "")


schemathesis.openapi.format("web-url", web_urls())

# The first line of a CSV names its columns; what the rows hold is judged row by row.
CELLS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters='\r\n",'), max_size=20)
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=4)

schemathesis.openapi.media_type(
    "text/csv",
    ROWS.map(lambda rows: "\n".join(["slug,destinationUrl", *map(",".join, rows)]).encode()),
)

# Breaches that are none. Each is a check, a method and path, the status, where in the reply it shows, and why it is none.
#
# A schema speaks of one value at a time; these rules are about what is stored, or about what a list gave out before.
REFUSALS = [
    (
        "PUT", "/links/{slug}", ("validation_error", "/destinationUrl", "required"),
        "the body may leave the destination out only where the slug holds a link already",
    ),
    (
        "GET", "/links", ("invalid_cursor", "/cursor", "invalid_cursor"),
        "cursors are opaque: only those that the list gave out are taken",
    ),
    (
        "GET", "/links/{slug}/history", ("invalid_cursor", "/cursor", "invalid_cursor"),
        "cursors are opaque: only those that the list gave out are taken",
    ),
    (
        "POST", "/links/health-check", ("invalid_cursor", "/cursor", "invalid_cursor"),
        "cursors are opaque: only those that the check gave out are taken",
    ),
    (
        "POST", "/links/health-check", ("validation_error", "/cursor", "unexpected"),
        "slugs and a cursor exclude each other; tools for models share the schema, and many take no 'not' in it",
    ),
    (
        "POST", "/links/{slug}/rollback", ("validation_error", "/revision", "deleted_revision"),
        "which revisions are deletions is stored; the schema knows numbers",
    ),
]

# Paths that a slug could be taken for: what is done to the link of that name stands under /links/{slug}.
LITERALS = ("/links/export", "/links/bulk-import", "/links/health-check")
OF_A_SLUG = {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Sequences go without idempotency keys: a remembered reply tells of a link as it was, not as it is by now."""
    if case.meta is not None and case.meta.phase.name.value == "stateful" and case.headers:
        case.headers.pop("Idempotency-Key", None)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether a failure is one."""
    kind = type(failure).__name__
    if kind == "UseAfterFree" and "/links/{slug}" in case.operation.path:
        return not lives_again(response, case)
    if kind == "RejectedPositiveData":
        return not any(is_refused_so(case, response, *refusal) for refusal in REFUSALS)
    if kind == "AllowHeaderMismatch" and case.operation.path.endswith(LITERALS):
        allowed = {method.strip() for method in ", ".join(response.headers["allow"]).split(",")}
        declared = {method.upper() for method in case.operation.schema[case.operation.path]}
        return allowed != declared | OF_A_SLUG
    return True


def is_refused_so(case, response, method, path, fault, _reason):
    if (case.operation.method.upper(), response.status_code) != (method, 400) or not case.operation.path.endswith(path):
        return False
    error, pointer, code = fault
    body = response.json()
    named = [(one["pointer"], one["code"]) for one in body.get("fields", [])]
    return body["error"] == error and named == [(pointer, code)]


def lives_again(response, case):
    """Whether a deleted link was brought back since (`links_rollback`), or made anew: its history says so."""
    links = response.request.url.split("/links/")[0] + "/links/"
    headers = {"Authorization": response.request.headers["Authorization"]}
    history = requests.get(links + case.path_parameters["slug"] + "/history", headers=headers, timeout=60).json()
    return history["revisions"][0]["action"] != "DELETED"
