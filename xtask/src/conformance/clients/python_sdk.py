"""The Python SDK signs in, works, renews its token, asks for more, and is thrown out: `python_sdk.py MCP API EMAIL PASSWORD
register|document auto|legacy`."""

import asyncio
import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import consent
import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

MCP, API, EMAIL, PASSWORD, REGISTRATION, ERA = sys.argv[1:]


class Loopback(ThreadingHTTPServer):
    """What the app serves on the person's machine: where answers come back to, and the document that describes it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"
        self.answer: dict[str, str] = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def document(self) -> dict:
        return {
            "client_id": f"{self.origin}/client.json",
            "client_name": "Python SDK",
            "redirect_uris": [f"{self.origin}/callback"],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        }


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = urllib.parse.urlsplit(self.path)
        if asked.path == "/callback":
            self.server.answer = dict(urllib.parse.parse_qsl(asked.query))
        body = json.dumps(self.server.document()).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Store:
    """What the app keeps."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client: OAuthClientInformationFull) -> None:
        self.client = client


class App:
    def __init__(self) -> None:
        self.loopback = Loopback()
        self.store = Store()
        self.consents = 0
        # What is asked for beyond what the server's challenge names.
        self.more: str | None = None
        if REGISTRATION == "document":
            # The SDK takes only https for the address of a document, which nobody can serve on loopback; this is what it
            # makes of such an address.
            document = self.loopback.document()
            known = {key: document[key] for key in ("client_id", "redirect_uris", "token_endpoint_auth_method")}
            self.store.client = OAuthClientInformationFull.model_validate(known)

    async def opened(self, url: str) -> None:
        if self.more:
            parts = urllib.parse.urlsplit(url)
            query = dict(urllib.parse.parse_qsl(parts.query)) | {"scope": self.more}
            url = urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))
        back = await asyncio.to_thread(consent.approve, API, EMAIL, PASSWORD, url)
        await asyncio.to_thread(lambda: urllib.request.urlopen(back, timeout=10).read())
        self.consents += 1

    async def answered(self) -> AuthorizationCodeResult:
        answer = self.loopback.answer
        return AuthorizationCodeResult(code=answer["code"], state=answer.get("state"), iss=answer.get("iss"))

    async def use(self, work):
        """Connects, signs in where that is needed, and does the work. Everything kept is read anew."""
        metadata = {key: value for key, value in self.loopback.document().items() if key != "client_id"}
        self.provider = OAuthClientProvider(
            server_url=MCP,
            client_metadata=OAuthClientMetadata.model_validate(metadata),
            storage=self.store,
            redirect_handler=self.opened,
            callback_handler=self.answered,
        )
        async with httpx2.AsyncClient(auth=self.provider, timeout=20) as http:
            async with Client(streamable_http_client(MCP, http_client=http), mode=ERA) as client:
                return await work(client)


def check(said: str, holds: object) -> None:
    if not holds:
        raise SystemExit(f"FAILED: {said}")
    print(f"ok: {said}", flush=True)


def post_form(url: str, form: dict[str, str]) -> tuple[int, dict]:
    request = urllib.request.Request(url, data=urllib.parse.urlencode(form).encode(), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
            return answer.status, json.loads(body) if body else {}
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"{}")


def knock(token: str) -> tuple[int, str]:
    """The status with which the MCP server answers a token, and its challenge."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = {"content-type": "application/json", "accept": "application/json", "authorization": f"Bearer {token}"}
    request = urllib.request.Request(MCP, data=json.dumps(body).encode(), headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers.get("www-authenticate", "")


async def main() -> None:
    app = App()
    store = app.store

    listed = await app.use(lambda client: client.list_tools())
    check("discovery, registration, consent, token and tools/list", len(listed.tools) > 10 and app.consents == 1)
    granted = set((store.tokens.scope or "").split())
    check(f"the token's scopes are those of the challenge: {sorted(granted)}", granted == {"mcp.connect", "skills.read"})
    wanted = "document" if REGISTRATION == "document" else "register"
    by_address = store.client.client_id.startswith("http://127.0.0.1:")
    check(f"the client is known by {wanted}", by_address == (REGISTRATION == "document"))

    refused = await app.use(lambda client: client.call_tool("links_list", {}))
    challenge = " ".join((refused.meta or {}).get("mcp/www_authenticate", []))
    check("a tool beyond the scopes is a result with a challenge", refused.is_error and "insufficient_scope" in challenge)
    check("the challenge names the scope", "links.read" in challenge)

    # The host steps up: it asks for what it has and what is lacking. The SDK does so by itself only after HTTP 403.
    app.more = " ".join(sorted(granted | {"links.read"}))
    store.tokens = None
    called = await app.use(lambda client: client.call_tool("links_list", {}))
    check("after stepping up the tool answers", not called.is_error and called.structured_content["handle"] and app.consents == 2)
    check("the new token unites the scopes", set(store.tokens.scope.split()) == granted | {"links.read"})

    before = store.tokens

    async def outlive(client: Client):
        """Works, and goes on after the token's time."""
        await client.call_tool("links_list", {})
        app.provider.context.token_expiry_time = 1
        return await client.call_tool("links_list", {})

    called = await app.use(outlive)
    check("the SDK renews its token without asking anybody", not called.is_error and app.consents == 2)
    check("the access token is another", store.tokens.access_token != before.access_token)
    check("the refresh token rotates", store.tokens.refresh_token != before.refresh_token)

    last = store.tokens
    with urllib.request.urlopen(f"{API}/.well-known/oauth-authorization-server", timeout=10) as answer:
        metadata = json.load(answer)
    form = {"token": last.refresh_token, "client_id": store.client.client_id}
    status, _ = await asyncio.to_thread(post_form, metadata["revocation_endpoint"], form)
    check("revoke", status == 200)
    status, challenge = await asyncio.to_thread(knock, last.access_token)
    check("the token opens nothing any more", status == 401 and 'error="invalid_token"' in challenge)
    form = {"grant_type": "refresh_token", "refresh_token": last.refresh_token, "client_id": store.client.client_id}
    status, refusal = await asyncio.to_thread(post_form, metadata["token_endpoint"], form)
    check("nor does the refresh token", status == 400 and refusal["error"] == "invalid_grant")


asyncio.run(main())
