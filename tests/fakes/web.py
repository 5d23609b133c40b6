"""The people's door over a real house: somebody at a browser without JavaScript, and somebody with a program."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.test import TestResponse

from staging.bootstrap import House
from staging.core.roles import Role
from staging.jobs.job import next_step
from staging.jobs.runner import Runner
from staging.web.app import create_app
from tests.fakes.house import make_house

PASSWORD = "un mot de passe assez long"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Door:
    """A house with its people's door."""

    house: House
    app: Flask

    def person(self, role: Role = "admin", *, language: Any = "fr") -> "Person":
        """Somebody of a role, signed in with a password."""
        if self.house.store.people.find(role) is None:
            self.house.store.people.add(role, role=role, language=language, password=PASSWORD)
        person = Person(self.app.test_client())
        answer = person.post("/signin", name=role, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return person

    def program(self, role: Role = "admin") -> "Program":
        """A program with a token of a role."""
        token = self.house.store.people.add_token(f"{role}-program", role=role)
        return Program(self.app.test_client(), token)

    def work(self, order_id: str) -> None:
        """Do at once what a worker would: run steps until one waits."""
        runner = Runner(book=self.house.store.orders, needs=self.house.desk.needs)
        name = next_step(self.house.store.orders.steps(order_id))
        while name is not None and runner.run(order_id, name):
            name = next_step(self.house.store.orders.steps(order_id))


@dataclass
class Person:
    """A browser without JavaScript: forms carry the hidden field that their page gave them."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=headers)

    def post(self, path: str, *, files: dict[str, Any] | None = None, **fields: str) -> TestResponse:
        page = self.client.get("/pack").text if path != "/signin" else self.client.get("/signin").text
        found = _TOKEN.search(page)
        data = {"csrf": found[1] if found else "", **fields, **(files or {})}
        return self.client.post(path, data=data)

    def upload(self, order_id: str, workbook: Path) -> TestResponse:
        with workbook.open("rb") as file:
            return self.post(f"/orders/{order_id}/plan", files={"workbook": (file, workbook.name)})


@dataclass
class Program:
    """Something that speaks JSON with a token."""

    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        told = {"Authorization": f"Bearer {self.token}", **headers}
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=told)


def open_door(home: Path) -> Door:
    """A fresh house and its door."""
    house = make_house(home)
    app = create_app(house.desk, session_key=b"k" * 32)
    app.jinja_env.bytecode_cache = _COMPILED
    return Door(house, app)


class _Compiled(BytecodeCache):
    """Templates compiled once for all doors of a run: each test has an application of its own."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()
