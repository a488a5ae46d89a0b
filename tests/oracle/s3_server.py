"""An S3 server for tests: moto's, in this process, with what moto lacks. Requests come one after the other, so that a conditional
write is one step as on S3; signatures are verified, so that a wrong secret is refused; and answers can be lost after a request was
done, as on a network.

    python s3_server.py PORT [LOSE_EVERY]      # each LOSE_EVERY-th new file of a Delta log is written, and its answer lost
"""

import hashlib
import hmac
import sys
import threading
import urllib.parse

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

KEY, SECRET = "test-key", "test-secret"


def refusal(start, code, message):
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    start("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]


def signature(environ, signed, scope, amount):
    """The signature (AWS, version 4) of a request."""
    def header(name):
        special = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
        return environ.get(special.get(name, "HTTP_" + name.upper().replace("-", "_")), "").strip()

    path = environ.get("REQUEST_URI", environ["RAW_URI"] if "RAW_URI" in environ else "").split("?")[0]
    pairs = sorted(urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    query = "&".join(f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for k, v in pairs)
    headers = "".join(f"{name}:{header(name)}\n" for name in signed)
    request = "\n".join([environ["REQUEST_METHOD"], path, query, headers, ";".join(signed), header("x-amz-content-sha256")])
    text = "\n".join(["AWS4-HMAC-SHA256", amount, "/".join(scope), hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def is_signed(environ):
    """The code of what is wrong, or None."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    if not authorization.startswith("AWS4-HMAC-SHA256 "):
        return "AccessDenied"
    parts = dict(part.strip().split("=", 1) for part in authorization.split(" ", 1)[1].split(","))
    key, *scope = parts["Credential"].split("/")
    if key != KEY:
        return "InvalidAccessKeyId"
    expected = signature(environ, parts["SignedHeaders"].split(";"), scope, environ.get("HTTP_X_AMZ_DATE", ""))
    return None if hmac.compare_digest(expected, parts["Signature"]) else "SignatureDoesNotMatch"


class Application:
    def __init__(self, lose_every):
        self.inner = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()
        self.lose_every, self.commits = lose_every, 0
        self.requests = {}

    def __call__(self, environ, start):
        code = is_signed(environ)
        if code:
            return refusal(start, code, "refused")
        answer = []
        with self.lock:
            method = environ["REQUEST_METHOD"]
            self.requests[method] = self.requests.get(method, 0) + 1
            body = list(self.inner(environ, lambda status, headers, *_: answer.extend([status, headers])))
            if self.lose_every and method == "PUT" and environ.get("HTTP_IF_NONE_MATCH") == "*" and answer[0].startswith("200"):
                self.commits += 1
                if self.commits % self.lose_every == 0:
                    # The client takes it for a failure of the server, and asks again.
                    start("500 Internal Server Error", [("Content-Length", "0")])
                    return [b""]
        start(*answer)
        return body


def serve(port, lose_every=0):
    """Starts the server in a thread, and gives it."""
    server = make_server("127.0.0.1", port, Application(lose_every), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), Application(int(sys.argv[2]) if len(sys.argv) > 2 else 0), threaded=True).serve_forever()
