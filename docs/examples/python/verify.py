"""Uploads a passport, creates the person and waits until a reviewer has decided."""

import base64
import hashlib
import hmac
import json
import os
import queue
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import requests

URL, HOOK = os.environ["DOSSIER_URL"], os.environ["HOOK"]
api = requests.Session()
api.headers["Authorization"] = "Bearer " + os.environ["DOSSIER_KEY"]


def call(method, path, **content):
    """The `data` of an answer; every broken rule of a refused request is in the error."""
    answer = api.request(method, URL + path, timeout=60, **content)
    if not answer.ok:
        errors = answer.json()["errors"]
        raise SystemExit("\n".join(f"{e['code']}: {e['detail']}" for e in errors))
    return answer.json()["data"] if answer.content else None


def event_of(headers, body, secret):
    """The event of a webhook, or None when Dossier did not send it now (Standard Webhooks)."""
    identity, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
    if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > 300:
        return None
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{identity}.{sent_at}.".encode() + body
    ours = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    theirs = headers["webhook-signature"].split(" ")
    if not any(hmac.compare_digest(ours, signature) for signature in theirs):
        return None
    return json.loads(body)


webhooks = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        # Acknowledge first, work later: Dossier waits for 15 seconds and would send it again.
        self.send_response(204)
        self.end_headers()
        webhooks.put((self.headers, body))

    def log_message(self, *_):
        pass


hook = urlsplit(HOOK)
receiver = ThreadingHTTPServer((hook.hostname, hook.port), Receiver)
Thread(target=receiver.serve_forever, daemon=True).start()

wanted = {"url": HOOK, "events": ["user.verified", "user.rejected"]}
endpoint = call("POST", "/v1/webhook_endpoints", json=wanted)
try:
    with open(sys.argv[1], "rb") as scan:
        form = {"data": {"purpose": "passport"}, "files": {"file": scan}}
        # The key makes it safe to send the same upload again when no answer came.
        file = call("POST", "/v1/files", headers={"Idempotency-Key": str(uuid.uuid4())}, **form)[0]
    person = {
        "external_id": f"customer-{uuid.uuid4()}",
        "verification": {"document_type": "passport", "files": [file["id"]]},
    }
    user = call("POST", "/v2/users", json=person)
    print("user", user["id"], flush=True)
    while True:
        event = event_of(*webhooks.get(), endpoint["secret"])
        if event and event["data"].get("user_id") == user["id"]:
            print(event["type"], user["id"])
            break
finally:
    call("DELETE", f"/v1/webhook_endpoints/{endpoint['id']}")
