"""What a request that the OpenAPI document permits may be refused for: rules that JSON Schema
cannot state, each with the code of its error and, where the code has several rules, the pointer."""

import re

import schemathesis

CURSOR = [("request.cursor", "")]
REFERENCES = [
    ("reference.unknown", ".*"),
    ("reference.wrong_purpose", ".*"),
    ("reference.taken", ".*"),
    ("reference.rejected", ".*"),
]
# The two identifiers of a client, in the header and in the body.
CREDENTIALS = [("invalid_request", ""), ("invalid_client", "")]

BEYOND_SCHEMAS = {
    "listAudit": CURSOR,
    "listEvents": CURSOR,
    "listFiles": CURSOR,
    "listUsers": CURSOR,
    "listVerificationHistory": CURSOR,
    # A person is born on a day that has come.
    "createUser": [*REFERENCES, ("user.member.invalid", "/verification/birth_date")],
    # One of the two names must be left after the change.
    "patchUser": [
        *REFERENCES,
        ("user.member.invalid", "/verification/birth_date"),
        ("user.member.invalid", "/external_id"),
    ],
    "appendVerificationFiles": REFERENCES,
    # Documents are awaited until a day that has not passed.
    "requestDocuments": [("user.member.invalid", "/until")],
    # Whether a host is one.
    "createWebhookEndpoint": [("webhook.url", "/url")],
    "changeWebhookEndpoint": [("webhook.url", "/url")],
    # The bytes, and what is said of them.
    "uploadFile": [
        ("file\\..*", ".*"),
        ("digest.mismatch", ".*"),
        ("idempotency.conflict", ".*"),
        # Parts that nobody asked for are skipped, but they are parts.
        ("multipart.malformed", ""),
        ("multipart.limit", ".*"),
    ],
    "issueTokens": [*CREDENTIALS, ("invalid_grant", ""), ("invalid_scope", "")],
    "revokeToken": CREDENTIALS,
}


@schemathesis.hook
def before_call(context, case, kwargs):
    """The coverage phase makes up `0` for these headers, which their patterns forbid."""
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    for name in ("Content-Digest", "If-Match"):
        if positive and case.headers.get(name) == "0":
            del case.headers[name]


@schemathesis.check
def refusals_are_beyond_schemas(ctx, response, case):
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if not positive or response.status_code not in (400, 413, 422):
        return
    rules = BEYOND_SCHEMAS.get(case.operation.definition.raw["operationId"], [])
    for code, pointer in broken_rules(response.json()):
        allowed = any(
            re.fullmatch(known, code) and re.fullmatch(place, pointer) for known, place in rules
        )
        assert allowed, f"The document permits the request, but it breaks {code} at {pointer!r}"


def broken_rules(body):
    if "errors" not in body:
        return [(body["error"], "")]
    return [(error["code"], error.get("pointer", "")) for error in body["errors"]]
