"""What would the installer's wget do? The options our scripts use, over real HTTP, with wget's exit statuses.

0 done, 4 no connection, 8 the server answered with an error; an unknown option stops, as a typing mistake should.
"""

import sys
import urllib.error
import urllib.request
from pathlib import Path


def main(words: list[str]) -> int:
    url, into, data, on_error = "", "", None, False
    headers = {"User-Agent": "Wget/1.21.3", "Content-Type": "application/x-www-form-urlencoded"}
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
            data = Path(value if equals else next(rest)).read_bytes()
        elif name == "--post-data":
            data = (value if equals else next(rest)).encode()
        elif name == "--header":
            header, _, text = (value if equals else next(rest)).partition(": ")
            headers[header] = text
        elif word.startswith("-"):
            return 2
        else:
            url = word
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
            _save(into, answer.read())
            return 0
    except urllib.error.HTTPError as error:
        with error:
            if on_error:
                _save(into, error.read())
        return 8
    except (urllib.error.URLError, OSError):
        return 4


def _save(into: str, body: bytes) -> None:
    if into == "-":
        sys.stdout.buffer.write(body)
    elif into != "/dev/null":
        Path(into).write_bytes(body)


sys.exit(main(sys.argv[1:]))
