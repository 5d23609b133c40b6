"""How long did the real daemons take? Medians of fifty calls each, on two cores, in milliseconds."""

import re

_MEDIANS: tuple[tuple[str, float], ...] = (
    (r"POST .*/auth/0\.1/token$", 163.5),
    (r"POST .*/auth/0\.1/users$", 149.4),
    (r"GET .*/auth/0\.1/users/", 10.3),
    # A nested creation, by far the most usual of a staging client.
    (r"POST .*/confd/1\.1/users$", 197.5),
    (r"DELETE .*/confd/1\.1/users/[^/]+$", 365.5),
    (r"PUT .*/confd/1\.1/users/[^/]+$", 52.2),
    (r"PUT .*/confd/1\.1/users/[^/]+/fallbacks$", 16.1),
    (r"PUT .*/confd/1\.1/users/[^/]+/voicemails/", 33.8),
    (r"PUT .*/confd/1\.1/users/[^/]+/lines/", 54.9),
    (r"GET .*/confd/1\.1/users/[^/]+/forwards$", 12.9),
    (r"GET .*/confd/1\.1/users/[^/]+$", 45.6),
    (r"HEAD .*/confd/1\.1/users/", 30.0),
    (r"GET .*/confd/1\.1/users$", 55.1),
    (r"POST .*/confd/1\.1/lines$", 47.5),
    (r"PUT .*/confd/1\.1/lines/\d+/devices/", 221.0),
    (r"PUT .*/confd/1\.1/lines/\d+/endpoints/", 63.4),
    (r"PUT .*/confd/1\.1/lines/\d+/extensions/", 51.4),
    (r"GET .*/confd/1\.1/lines/\d+$", 46.3),
    (r"POST .*/confd/1\.1/endpoints/sip$", 40.0),
    (r"POST .*/confd/1\.1/extensions$", 40.5),
    (r"GET .*/confd/1\.1/extensions$", 22.2),
    (r"POST .*/confd/1\.1/voicemails$", 35.9),
    (r"POST .*/confd/1\.1/incalls$", 21.4),
    (r"PUT .*/confd/1\.1/incalls/\d+/extensions/", 35.5),
    (r"POST .*/confd/1\.1/devices$", 194.1),
    (r"GET .*/confd/1\.1/devices$", 49.9),
    (r"GET .*/confd/1\.1/devices/[^/]+/synchronize$", 109.8),
    (r"GET .*/confd/1\.1/devices/[^/]+/autoprov$", 304.5),
    (r"GET .*/confd/1\.1/devices/[^/]+$", 66.6),
)
_OTHER = 40.0

# Measured in a tenant of 2,224 users: milliseconds for each thing that is searched, and for each that is shown.
_LISTS: tuple[tuple[str, float, float], ...] = (
    (r"GET .*/confd/1\.1/users\?(.*&)?view=(summary|directory)", 0.06, 0.0),
    (r"GET .*/confd/1\.1/users(\?|$)", 0.44, 3.83),
    (r"GET .*/confd/1\.1/(lines|voicemails)(\?|$)", 0.44, 2.8),
    (r"GET .*/confd/1\.1/incalls(\?|$)", 0.44, 2.1),
    (r"GET .*/confd/1\.1/extensions(\?|$)", 0.06, 0.3),
)


def recorded_ms(method: str, path: str) -> float:
    """The median of a call like this one; a call that was not measured takes what most take."""
    call = f"{method} {path}"
    return next((median for pattern, median in _MEDIANS if re.match(pattern, call)), _OTHER)


def listed_ms(method: str, path: str, query: str, *, found: int, shown: int) -> float:
    """What a list takes beside the median of a short one: it grows with the tenant, and with what is shown of it."""
    call = f"{method} {path}?{query}"
    rates = next((rates for pattern, *rates in _LISTS if re.match(pattern, call)), (0.0, 0.0))
    return rates[0] * found + rates[1] * shown
