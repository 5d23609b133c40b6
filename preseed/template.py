"""How does somebody's own text change the answers? Preseed lines with blanks, laid over the standard answers.

A text is written for the bench, for a customer or for one box. Blanks are filled strictly, and only with what ends by
itself: no macros, no calls, no arithmetic, loops over an appliance's own short lists and not one inside another.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from preseed.answers import Answer, QuestionType
from preseed.appliance import Appliance
from preseed.questions import Given, read_answers
from staging.core.faults import Fault, PreseedRefused, Where

LONGEST = 32_768
"""Characters of one text, at most; a long preseed has four thousand."""

PROTECTED = frozenset(
    {
        "partman/early_command",
        "partman-auto/disk",
        "grub-installer/bootdev",
        "preseed/run",
        "preseed/include",
        "preseed/include_command",
        "preseed/early_command",
        "preseed/late_command",
    }
)
"""Questions that no text may answer: they choose the disk, and they are how a box finds its scripts."""

BLANKS: tuple[str, ...] = (
    "serial", "model", "customer", "hostname", "domain", "suite", "keyboard", "locale", "country", "timezone",
    "mirror_host", "mirror_directory", "proxy", "packages", "ntp_servers",
)  # fmt: skip
"""What may stand between `{{` and `}}`."""

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For, nodes.Filter,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test,
)  # fmt: skip
_FILTERS = frozenset({"lower", "upper", "trim", "default", "join", "first", "last", "length"})
_TESTS = frozenset({"defined", "undefined", "none"})
_TYPES: frozenset[str] = frozenset({"string", "boolean", "select", "multiselect", "password", "note"})


def lay_over(standard: Iterable[Answer], texts: Iterable[str], appliance: Appliance) -> tuple[Answer, ...]:
    """The standard answers with everybody's own laid over them: a question keeps its place, new ones come last.

    texts: in their order, the later wins. Raises PreseedRefused with a fault per line that cannot be.
    """
    given: dict[tuple[str, str], Answer] = {}
    for text in texts:
        for answer in read_template(text, appliance):
            given[answer.owner, answer.question] = answer
    laid = [given.pop((one.owner, one.question), one) for one in standard]
    return (*laid, *given.values())


def read_template(text: str, appliance: Appliance) -> tuple[Answer, ...]:
    """One text, filled in for one appliance and read as the installer reads it. Raises PreseedRefused."""
    filled = _compiled(text).render(_values(appliance))
    answers: list[Answer] = []
    faults: list[Fault] = []
    for item in read_answers(filled, source=appliance.serial):
        checked = item if isinstance(item, Fault) else _answer(item, appliance)
        (faults if isinstance(checked, Fault) else answers).append(checked)  # type: ignore[arg-type]  # one list each
    if faults:
        raise PreseedRefused(*faults)
    return tuple(answers)


def check_template(text: str) -> tuple[Fault, ...]:
    """What is wrong with a text whatever box it is for; empty when nothing is."""
    try:
        _compiled(text)
    except PreseedRefused as error:
        return error.faults
    return ()


class _Compiled:
    """A text that was found harmless, ready to be filled."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise PreseedRefused(Fault("template-too-long", Where(), {"longest": LONGEST}))
        try:
            self._template = _parsed(text)
        except TemplateSyntaxError as error:
            raise _refused("template-syntax", str(error.lineno), why=error.message or "?") from error
        except (RecursionError, SyntaxError, MemoryError) as error:
            # What is nested hundreds deep stops the reader, or Python's own when it reads what was made of it.
            raise _refused("template-nested", "") from error

    def render(self, values: Mapping[str, object]) -> str:
        try:
            return self._template.render(values)
        except UndefinedError as error:
            raise _refused("template-blank", "", name=str(error).split("'")[1] if "'" in str(error) else "?") from error
        except (TypeError, ValueError) as error:
            # A word compared with a number, a filter given what it does not take.
            raise _refused("template-unfit", "") from error


def _parsed(text: str) -> Template:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
    tree = environment.parse(text)
    faults = tuple(_faults(tree))
    if faults:
        raise PreseedRefused(*faults)
    return environment.from_string(tree)


@lru_cache(maxsize=256)
def _compiled(text: str) -> _Compiled:
    return _Compiled(text)


def _faults(tree: nodes.Template) -> Iterator[Fault]:
    for node in _walk(tree):
        at = Where(cell=str(node.lineno))
        if not isinstance(node, _ALLOWED):
            yield Fault("template-forbidden", at, {"what": type(node).__name__.lower()})
        elif isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in (*BLANKS, *_loop_names(tree)):
            yield Fault("template-blank", at, {"name": node.name})
        elif isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            yield Fault("template-forbidden", at, {"what": f"|{node.name}"})
        elif isinstance(node, nodes.Test) and node.name not in _TESTS:
            yield Fault("template-forbidden", at, {"what": f"is {node.name}"})
        elif isinstance(node, nodes.For) and (node.recursive or any(node.find_all(nodes.For))):
            yield Fault("template-forbidden", at, {"what": "for … for"})
        elif isinstance(node, nodes.For) and not (isinstance(node.iter, nodes.Name) and node.iter.name in BLANKS):
            yield Fault("template-forbidden", at, {"what": "for"})


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _loop_names(tree: nodes.Template) -> set[str]:
    return {loop.target.name for loop in tree.find_all(nodes.For) if isinstance(loop.target, nodes.Name)}


def _values(appliance: Appliance) -> dict[str, object]:
    return {
        "mirror_host": appliance.mirror.host,
        "mirror_directory": appliance.mirror.directory,
        "proxy": appliance.mirror.proxy,
        **{name: getattr(appliance, name) for name in BLANKS if hasattr(appliance, name)},
    }


def _answer(given: Given, appliance: Appliance) -> Answer | Fault:
    at = Where(source=appliance.serial, cell=str(given.row), field=given.question)
    if given.question in PROTECTED:
        return Fault("template-protected", at, {"question": given.question})
    kind: QuestionType | None = given.type if given.type in _TYPES else None  # type: ignore[assignment]  # just looked up
    if kind is None:
        return Fault("preseed-wrong-type", at, {"known": ", ".join(sorted(_TYPES)), "given": given.type})
    return Answer(
        given.owner, given.question, kind, given.value, may_be_empty=kind in ("string", "multiselect", "note")
    )


def _refused(code: str, row: str, **facts: str) -> PreseedRefused:
    return PreseedRefused(Fault(code, Where(cell=row or None), facts))
