"""The official suite's look at the authorization server: `authorization.py NODE SUITE API MCP EMAIL PASSWORD RESULTS`.

The suite wants a client that is registered, and somebody who opens the address that it prints.
"""

import socket
import subprocess
import sys
import urllib.request

import consent

NODE, SUITE, API, MCP, EMAIL, PASSWORD, RESULTS = sys.argv[1:]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def main() -> int:
    port = free_port()
    client = consent.post(
        f"{API}/oauth/register",
        {
            "client_name": "Conformance suite",
            "redirect_uris": [f"http://127.0.0.1:{port}/callback"],
            "token_endpoint_auth_method": "none",
        },
    )
    command = [NODE, SUITE, "authorization", "--url", API, "--client-id", client["client_id"], "--resource", MCP]
    command += ["--port", str(port), "--output-dir", RESULTS]
    suite = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    asked = None
    for line in suite.stdout:
        print(line, end="", flush=True)
        if line.startswith(f"{API}/oauth/authorize?"):
            asked = line.strip()
        # It listens for the answer before it waits.
        if asked and line.startswith("Callback server started"):
            with urllib.request.urlopen(consent.approve(API, EMAIL, PASSWORD, asked), timeout=10) as answer:
                answer.read()
            asked = None
    return suite.wait()


if __name__ == "__main__":
    sys.exit(main())
