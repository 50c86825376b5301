// The first TypeScript SDK, which most hosts have. It knows only the handshake era.
import { auth, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { run } from './flow.mjs';

await run({
  auth,
  UnauthorizedError,
  client: () => new Client({ name: 'typescript-v1', version: '1.0.0' }),
  transport: (authProvider) => new StreamableHTTPClientTransport(new URL(process.argv[2]), { authProvider }),
  finish: (transport, answer) => transport.finishAuth(answer.get('code')),
});
