"""The person at the browser: signs in to the API, approves what an app asks for, and goes where the answer leads.

As a program it takes the address that an app wants opened, so that it can stand in for a browser; `LINK_PLATFORM_API`,
`LINK_PLATFORM_EMAIL` and `LINK_PLATFORM_PASSWORD` say where it signs in and as whom.
"""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request


def post(url: str, body: dict, token: str | None = None) -> dict:
    headers = {"content-type": "application/json", "accept": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise SystemExit(f"{url} answers {refused.code}: {refused.read().decode(errors='replace')}") from refused


def approve(api: str, email: str, password: str, asked: str) -> str:
    """Signs in and approves; gives the address that leads back to the app."""
    token = post(f"{api}/v2/auth/login", {"email": email, "password": password})["accessToken"]
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(asked).query, strict_parsing=True))
    return post(f"{api}/oauth/authorize/decision", query | {"decision": "approve"}, token)["redirectTo"]


def main() -> None:
    api, email, password = (os.environ[f"LINK_PLATFORM_{name}"] for name in ("API", "EMAIL", "PASSWORD"))
    back = approve(api, email, password, sys.argv[-1])
    with urllib.request.urlopen(back, timeout=10) as answer:
        answer.read()


if __name__ == "__main__":
    main()
