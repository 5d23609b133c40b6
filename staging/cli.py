"""`staging …`: gathers the commands of all parts; formats nothing and decides nothing."""

from collections.abc import Mapping
from importlib import import_module

import click

from staging.core.faults import StagingError

COMMANDS: Mapping[str, str] = {
    "serve": "staging.commands.serve:serve",
    "demo": "staging.commands.demo:demo",
    "worker": "staging.commands.worker:worker",
    "sandbox": "staging.sandbox.commands:sandbox",
    "plan": "numbering.commands:plan",
    "portal": "staging.commands.stack:portal",
    "stack": "staging.commands.stack:stack",
    "order": "staging.commands.order:order",
    "appliance": "staging.commands.appliance:appliance",
    "preseed": "staging.commands.preseed_door:preseed",
    "phones": "staging.commands.phones:phones",
    "printer": "staging.commands.printer:printer",
    "labels": "staging.commands.label_door:labels",
    "db": "staging.commands.admin:db",
    "user": "staging.commands.admin:user",
    "doctor": "staging.commands.admin:doctor",
}
"""Each command and where it lives. It is imported when it is asked for: checking a plan wakes no job engine."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; errors become lines on standard error and an exit status, never a traceback."""
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except (StagingError, click.UsageError, UnicodeEncodeError) as error:
            from staging.commands.door import as_fault, complain, status_of  # only an error pays for this import

            ours = error if isinstance(error, StagingError) else as_fault(error)
            complain(ours)
            ctx.exit(status_of(ours))


@click.group(cls=_Commands)
@click.version_option(package_name="staging-bench", prog_name="staging")
def main() -> None:
    """From a bare mini-PC to a telephone system that rings."""
