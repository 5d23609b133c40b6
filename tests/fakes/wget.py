"""What would the installer's wget do? The options our scripts use, over real HTTP, with wget's exit statuses.

0 done, 4 no connection, 8 the server answered with an error; an unknown option stops, as a typing mistake should.
It is started hundreds of times: so it speaks HTTP/1.0 itself, and imports next to nothing.
"""

import socket
import sys


def main(words: list[str]) -> int:
    url, into, data, on_error = "", "", b"", False
    method, headers = "GET", {"User-Agent": "Wget/1.21.3", "Content-Type": "application/x-www-form-urlencoded"}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if word == "-q":
            continue
        if word in ("-T", "-t"):
            next(rest)
        elif word == "-O":
            into = next(rest)
        elif word == "-U":
            headers["User-Agent"] = next(rest)
        elif word == "--content-on-error":
            on_error = True
        elif name == "--post-file":
            with open(value if equals else next(rest), "rb") as file:  # pathlib takes as long as all the rest
                method, data = "POST", file.read()
        elif name == "--post-data":
            method, data = "POST", (value if equals else next(rest)).encode()
        elif name == "--header":
            header, _, text = (value if equals else next(rest)).partition(": ")
            headers[header] = text
        elif word.startswith("-"):
            return 2
        else:
            url = word
    try:
        status, body = _ask(method, url, headers, data)
    except OSError:
        return 4
    if status == 200 or on_error:
        _save(into, body)
    return 0 if 200 <= status < 300 else 8


def _ask(method: str, url: str, headers: dict[str, str], data: bytes) -> tuple[int, bytes]:
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    lines = [f"{method} /{path} HTTP/1.0", f"Host: {host}", *(f"{key}: {value}" for key, value in headers.items())]
    if method == "POST":
        lines.append(f"Content-Length: {len(data)}")
    with socket.create_connection((name, int(port or 80)), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + data)
        with connection.makefile("rb") as file:
            answer = file.read()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


def _save(into: str, body: bytes) -> None:
    if into == "-":
        sys.stdout.buffer.write(body)
    elif into != "/dev/null":
        with open(into, "wb") as file:  # as above
            file.write(body)


sys.exit(main(sys.argv[1:]))
