"""Addresses where nothing is: people get a page of ours, programs a short answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot import console
from bot.console import Office
from bot.console.render import HEADERS
from bot.store.session import Database
from tests.console.conftest import Bank, Browser, Serve
from tests.ports import free_port

NOWHERE = ("/nowhere", "/customers/abc", "/static/nothing.js", "/queue/", "/%3Cscript%3E", "/a%00b", "/a//b")


@pytest.mark.parametrize("path", NOWHERE)
async def test_an_address_that_does_not_exist_is_told_by_a_page_of_ours(bank: Bank, path: str) -> None:
    browser = await bank.browser("fang")
    page = await browser.get(path)
    assert page.status == 404
    assert "There is no such page." in page.words
    assert "Fang" in page.words  # with the frame of whoever is logged in
    assert {name: page.headers[name] for name in HEADERS} == HEADERS
    assert [attrs for tag, attrs in page.elements if tag == "script" and "src" not in attrs] == []


async def test_a_method_that_an_address_does_not_take_is_told_with_those_that_it_takes(bank: Bank) -> None:
    browser = await bank.browser("fang")
    page = await browser.post("/dashboard")
    assert page.status == 405
    assert "Nothing was changed." in page.words
    assert page.headers["Allow"] == "GET"
    assert page.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    for method in ("DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"):
        async with bank.client.request(method, "/queue") as answer:
            assert (answer.status, answer.content_type) == (405, "text/html"), method
            assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(("language", "words"), [("zh-CN,zh;q=0.9", "没有这个页面"), ("en", "no such page")])
async def test_a_visitor_is_told_in_their_browsers_language_and_sees_nothing_else(
    bank: Bank, language: str, words: str
) -> None:
    customer = await bank.customer()
    page = await Browser(bank.client, headers={"Accept-Language": language}).get(f"/customers/{customer}/nothing")
    assert page.status == 404
    assert words in page.words
    assert "李" not in page.html
    assert "/queue" not in page.html


async def test_the_page_is_there_while_the_database_is_not(office: Office, serve: Serve) -> None:
    gone = Database(f"postgresql://huixin@127.0.0.1:{free_port()}/huixin")
    try:
        client = await serve(replace(office, database=gone))
        page = await Browser(client, sid="x" * 43).get("/nowhere")
        assert page.status == 404
        assert "no such page" in page.words
    finally:
        await gone.close()


async def test_what_programs_talk_to_keeps_its_short_answers(office: Office) -> None:
    app, hooks = web.Application(), web.Application()
    hooks.router.add_post("/{channel}", _stored)
    app.add_subapp("/hooks", hooks)
    console.mount(app, office)
    async with TestClient(TestServer(app)) as client:
        for method, path, status in (("DELETE", "/hooks/phone", 405), ("GET", "/hooks/a/b/c", 404)):
            async with client.request(method, path) as answer:
                assert (answer.status, answer.content_type) == (status, "text/plain")
                assert "<" not in await answer.text()
        async with client.post("/hooks/phone") as answer:
            assert answer.status == 200


async def _stored(_: web.Request) -> web.Response:
    return web.Response()
