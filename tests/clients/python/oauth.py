"""Gets, uses, refreshes and revokes tokens with oauthlib; see ../README.md."""

import os
import sys
import time

import requests
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

(URL,) = sys.argv[1:]
CLIENT_ID, CLIENT_SECRET = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]
BASIC = HTTPBasicAuth(CLIENT_ID, CLIENT_SECRET)
# The library asks for TLS, which a server on the loopback address does without.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

SERVER = requests.get(URL + "/.well-known/oauth-authorization-server").json()
TOKEN_URL, REVOKE_URL = SERVER["token_endpoint"], SERVER["revocation_endpoint"]


def session():
    return OAuth2Session(client=BackendApplicationClient(client_id=CLIENT_ID))


def show(step, outcome):
    print(step, outcome, sep="\t")


def refused(step, call):
    try:
        call()
        show(step, "not refused")
    except OAuth2Error as error:
        show(step, f"{error.status_code} {error.error}")


def get_files(token):
    return OAuth2Session(token=token).get(URL + "/v1/files").status_code


def until(status, token):
    for _ in range(100):
        if get_files(token) == status:
            break
        time.sleep(0.1)
    return get_files(token)


def revoke(token, hint):
    client = BackendApplicationClient(client_id=CLIENT_ID)
    url, headers, body = client.prepare_token_revocation_request(
        REVOKE_URL, token, token_type_hint=hint
    )
    return requests.post(url, headers=headers, data=body, auth=BASIC).status_code


show("issuer", SERVER["issuer"] == URL)

first = session().fetch_token(TOKEN_URL, auth=BASIC)
show("header", f"{first['token_type']} {first['expires_in']} {first['scope']}")
show("use", get_files(first))

body = session()
by_body = body.fetch_token(
    TOKEN_URL, client_secret=CLIENT_SECRET, include_client_id=True, scope=["files:read"]
)
show("body", f"{by_body['scope']}")

second = session().refresh_token(TOKEN_URL, refresh_token=first["refresh_token"], auth=BASIC)
show("refresh", first["refresh_token"] != second["refresh_token"])
show("old access", get_files(first))
show("new access", get_files(second))

show("revoke access", revoke(second["access_token"], "access_token"))
show("after revoke access", until(401, second))

refused(
    "replay",
    lambda: session().refresh_token(TOKEN_URL, refresh_token=first["refresh_token"], auth=BASIC),
)
show("after replay", until(401, first))
refused(
    "family",
    lambda: session().refresh_token(TOKEN_URL, refresh_token=second["refresh_token"], auth=BASIC),
)

show("other family", get_files(by_body))
show("revoke refresh", revoke(by_body["refresh_token"], "refresh_token"))
show("after revoke refresh", until(401, by_body))

refused("wrong secret", lambda: session().fetch_token(TOKEN_URL, auth=HTTPBasicAuth(CLIENT_ID, "x")))
refused(
    "wrong scope",
    lambda: OAuth2Session(
        client=BackendApplicationClient(client_id=CLIENT_ID, scope=["admin"])
    ).fetch_token(TOKEN_URL, auth=BASIC),
)
