// What a host does with a TypeScript SDK, whichever version: signs in, works, renews its token, asks for more, and is thrown
// out. `node SCRIPT MCP API EMAIL PASSWORD register|document auto|legacy`
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const [mcp, api, email, password, registration, era] = process.argv.slice(2);

function check(said, holds) {
  if (!holds) throw new Error(`FAILED: ${said}`);
  console.log(`ok: ${said}`);
}

async function json(url, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

const form = (url, fields) => fetch(url, { method: 'POST', body: new URLSearchParams(fields) });

/** What the app serves on the person's machine: where answers come back to, and the document that describes it. */
class Loopback {
  async start() {
    this.server = createServer((request, response) => {
      const asked = new URL(request.url, this.origin);
      if (asked.pathname === '/callback') this.answer = asked.searchParams;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(this.document()));
    });
    await new Promise((listening) => this.server.listen(0, '127.0.0.1', listening));
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  document() {
    return {
      client_id: `${this.origin}/client.json`,
      client_name: 'TypeScript SDK',
      redirect_uris: [`${this.origin}/callback`],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    };
  }
}

/** What the app keeps, as both versions ask for it. */
class Provider {
  constructor(loopback) {
    this.loopback = loopback;
    // Both versions take only https for the address of a document, which nobody can serve on loopback; this is what they
    // make of such an address.
    if (registration === 'document') this.client = { client_id: loopback.document().client_id };
  }

  get redirectUrl() {
    return `${this.loopback.origin}/callback`;
  }

  get clientMetadata() {
    const { client_id: _, ...metadata } = this.loopback.document();
    return metadata;
  }

  state() {
    return (this.sent = randomUUID());
  }

  clientInformation() {
    return this.client;
  }

  saveClientInformation(client) {
    this.client = client;
  }

  tokens() {
    return this.kept;
  }

  saveTokens(tokens) {
    this.kept = tokens;
  }

  redirectToAuthorization(url) {
    this.asked = url;
  }

  saveCodeVerifier(verifier) {
    this.verifier = verifier;
  }

  codeVerifier() {
    return this.verifier;
  }

  saveDiscoveryState(state) {
    this.discovered = state;
  }

  discoveryState() {
    return this.discovered;
  }

  scopes() {
    return new Set(this.kept.scope.split(' '));
  }
}

/** The person at the browser: signs in, approves what is asked, and goes where the answer leads. */
async function consent(provider) {
  const { accessToken } = await json(`${api}/v2/auth/login`, { email, password });
  const asked = Object.fromEntries(provider.asked.searchParams);
  const { redirectTo } = await json(`${api}/oauth/authorize/decision`, { ...asked, decision: 'approve' }, accessToken);
  await fetch(redirectTo);
  const { answer } = provider.loopback;
  check('the answer carries the state and the issuer', answer.get('state') === provider.sent && answer.get('iss') === api);
  return answer;
}

/**
 * The whole way. `sdk` connects, asks for authorization and finishes it, in the words of its version:
 * `transport(provider)`, `client(era)`, `auth(provider, options)`, `finish(transport, answer)`, `UnauthorizedError`.
 */
export async function run(sdk) {
  const loopback = await new Loopback().start();
  const provider = new Provider(loopback);
  const use = async (work) => {
    const client = sdk.client(era);
    await client.connect(sdk.transport(provider));
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  };
  const call = () => use((client) => client.callTool({ name: 'links_list', arguments: {} }));

  const first = sdk.transport(provider);
  const stopped = await sdk.client(era).connect(first).catch((error) => error);
  check('the SDK is asked to sign in', stopped instanceof sdk.UnauthorizedError && provider.asked);
  const byAddress = provider.client.client_id.startsWith('http://127.0.0.1:');
  check(`the client is known by ${registration}`, byAddress === (registration === 'document'));
  await sdk.finish(first, await consent(provider));
  const { tools } = await use((client) => client.listTools());
  check('discovery, registration, consent, token and tools/list', tools.length > 10);
  const granted = provider.scopes();
  check(`the token's scopes are those of the challenge: ${[...granted]}`, [...granted].join() === 'mcp.connect,skills.read');

  const refused = await call();
  const challenge = [refused._meta?.['mcp/www_authenticate']].flat().join();
  check('a tool beyond the scopes is a result with a challenge', refused.isError && challenge.includes('insufficient_scope'));
  check('the challenge names the scope', challenge.includes('links.read'));

  // The host steps up: it asks for what it has and what is lacking.
  const kept = provider.kept;
  provider.kept = undefined;
  const scope = [...granted, 'links.read'].join(' ');
  check('the SDK asks again', (await sdk.auth(provider, { serverUrl: mcp, scope })) === 'REDIRECT');
  await sdk.finish(sdk.transport(provider), await consent(provider));
  check('the new token is another', provider.kept.access_token !== kept.access_token);
  check('and unites the scopes', [...provider.scopes()].sort().join(' ') === scope.split(' ').sort().join(' '));
  const called = await call();
  check('after stepping up the tool answers', !called.isError && called.structuredContent.handle);

  const before = { ...provider.kept };
  provider.kept = { ...provider.kept, access_token: 'mcpv1_gone' };
  provider.asked = undefined;
  const again = await call();
  check('the SDK renews its token without asking anybody', !again.isError && !provider.asked);
  check('the access token is another', provider.kept.access_token !== before.access_token);
  check('the refresh token rotates', provider.kept.refresh_token !== before.refresh_token);

  const metadata = await (await fetch(`${api}/.well-known/oauth-authorization-server`)).json();
  const { access_token: token, refresh_token: refresh } = provider.kept;
  const client_id = provider.client.client_id;
  const revoked = await form(metadata.revocation_endpoint, { token: refresh, client_id });
  check('revoke', revoked.status === 200);
  const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
  const out = await fetch(mcp, { method: 'POST', headers, body });
  const told = out.headers.get('www-authenticate') ?? '';
  check('the token opens nothing any more', out.status === 401 && told.includes('error="invalid_token"'));
  const fields = { grant_type: 'refresh_token', refresh_token: refresh, client_id };
  const last = await form(metadata.token_endpoint, fields);
  check('nor does the refresh token', last.status === 400 && (await last.json()).error === 'invalid_grant');
  loopback.server.close();
}
