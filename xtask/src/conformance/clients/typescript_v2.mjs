// The second TypeScript SDK. It checks the issuer of answers (RFC 9207) and speaks both eras.
import { auth, Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

import { run } from './flow.mjs';

await run({
  auth,
  UnauthorizedError,
  client: (mode) => new Client({ name: 'typescript-v2', version: '1.0.0' }, { versionNegotiation: { mode } }),
  transport: (authProvider) => new StreamableHTTPClientTransport(new URL(process.argv[2]), { authProvider }),
  finish: (transport, answer) => transport.finishAuth(answer),
});
