"""Uploads with requests, httpx, aiohttp, urllib3 and the standard library; see ../README.md."""

import asyncio
import json
import os
import sys

import aiohttp
import httpx
import requests
import urllib3

URL, CASES = sys.argv[1:]
HEADERS = {"Authorization": "Bearer " + os.environ["DOSSIER_KEY"]}


def cases():
    with open(CASES, encoding="utf-8") as lines:
        for line in lines:
            purpose, kind, path, name = line.rstrip("\n").split("\t")
            with open(path, "rb") as file:
                yield purpose, kind, file.read(), name


def contents_url(text):
    return URL + json.loads(text)["data"][0]["url"]


def show(client, status, same, text):
    word = "same" if same else "different"
    print(client, status, word, text.replace("\n", " "), sep="\t", flush=True)


def with_requests():
    session = requests.Session()
    session.headers.update(HEADERS)
    for purpose, kind, content, name in cases():
        answer = session.post(
            URL + "/v1/files", data={"purpose": purpose}, files={"file": (name, content, kind)}
        )
        same = answer.status_code == 201 and session.get(contents_url(answer.text)).content == content
        show("requests", answer.status_code, same, answer.text)


def with_httpx():
    with httpx.Client(headers=HEADERS) as client:
        for purpose, kind, content, name in cases():
            answer = client.post(
                URL + "/v1/files", data={"purpose": purpose}, files={"file": (name, content, kind)}
            )
            same = answer.status_code == 201 and client.get(contents_url(answer.text)).content == content
            show("httpx", answer.status_code, same, answer.text)


def with_urllib3():
    pool = urllib3.PoolManager(headers=HEADERS)
    for purpose, kind, content, name in cases():
        fields = {"purpose": purpose, "file": (name, content, kind)}
        answer = pool.request("POST", URL + "/v1/files", fields=fields)
        text = answer.data.decode()
        same = answer.status == 201 and pool.request("GET", contents_url(text)).data == content
        show("urllib3", answer.status, same, text)


async def with_aiohttp():
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        for purpose, kind, content, name in cases():
            # By default aiohttp percent-encodes file names, and then that is the name.
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("purpose", purpose)
            form.add_field("file", content, filename=name, content_type=kind)
            async with session.post(URL + "/v1/files", data=form) as answer:
                status, text = answer.status, await answer.text()
            same = False
            if status == 201:
                async with session.get(contents_url(text)) as answer:
                    same = await answer.read() == content
            show("aiohttp", status, same, text)


with_requests()
with_httpx()
with_urllib3()
asyncio.run(with_aiohttp())
