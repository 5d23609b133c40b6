"""Is a door open again when those who stand in it say nothing?"""

import socket
from contextlib import ExitStack
from urllib.request import urlopen

from flask import Flask

from staging.commands.serving import Listener, Room


def test_those_who_say_nothing_make_room_for_those_who_ask() -> None:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "here")
    listener = Listener(app, host="127.0.0.1", port=0, room=Room(threads=1, connections=4, idle_s=1))
    listener.start()
    with ExitStack() as silent:
        for _ in range(8):
            silent.enter_context(socket.create_connection(("127.0.0.1", listener.port)))
        with urlopen(f"http://127.0.0.1:{listener.port}/", timeout=60) as answer:
            assert answer.read() == b"here"
    listener.stop()
