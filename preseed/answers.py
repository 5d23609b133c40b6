"""What is the installer told? An appliance becomes answers to debconf questions, in the order they are asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from preseed.appliance import Appliance, Mirror
from preseed.links import Links, Tickets

QuestionType = Literal["string", "boolean", "select", "multiselect", "password", "note"]

BASE_PACKAGES = ("openssh-server", "ca-certificates", "curl")
"""What every box gets: the way in, and what its first boot reports with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of a preseed. may_be_empty: saying nothing is the answer, as for "no proxy"."""

    owner: str
    question: str
    type: QuestionType
    value: str
    may_be_empty: bool = False


def universal_answers(suite: str, links: Links) -> tuple[Answer, ...]:
    """The first stage: one command, the same for every box.

    The installer evaluates the command unquoted (preseed-common: `eval $RET`), so blanks are joined and `*` or `?`
    would become file names: it only fetches the real script and reads it in. It asks until it has it, because a
    file that cannot be fetched here is a red screen on every box of the bench.
    """
    fetched = "/tmp/staging-stage.sh"  # noqa: S108 - on the installer's RAM disk, where nobody else is
    fetch = f"wget -q -T 10 -t 1 -O {fetched} {links.stage(suite)} </dev/null"
    command = f"until {fetch}; do sleep 5; done; . {fetched}"
    return (Answer("d-i", "preseed/include_command", "string", command),)


def answers(appliance: Appliance, *, links: Links, tickets: Tickets) -> tuple[Answer, ...]:
    """Everything one box is told; values may still be missing or malformed, `render_answers` sees to that."""
    return (
        *_language(appliance),
        *_network(appliance),
        *_mirror(appliance.mirror),
        *_accounts(appliance),
        *_clock(appliance),
        *_disk(),
        *_packages(appliance),
        *_boot_loader(),
        *_scripts(appliance, links, tickets),
    )


def _language(appliance: Appliance) -> Iterator[Answer]:
    # Messages in English whatever the country: what a technician copies into a search must be findable.
    yield _d_i("debian-installer/language", "string", "en")
    yield _d_i("debian-installer/country", "string", appliance.country)
    yield _d_i("debian-installer/locale", "select", appliance.locale)
    yield Answer("d-i", "localechooser/supported-locales", "multiselect", "", may_be_empty=True)
    yield _d_i("keyboard-configuration/xkb-keymap", "select", appliance.keyboard)


def _network(appliance: Appliance) -> Iterator[Answer]:
    # Asked before this file came; the early script sets the name. Here they keep a restarted step from asking.
    yield _d_i("netcfg/get_hostname", "string", appliance.hostname)
    yield Answer("d-i", "netcfg/get_domain", "string", appliance.domain, may_be_empty=True)
    yield _d_i("hw-detect/load_firmware", "boolean", "false")


def _mirror(mirror: Mirror) -> Iterator[Answer]:
    yield _d_i("mirror/country", "string", "manual")
    yield _d_i("mirror/protocol", "select", "http")
    yield _d_i("mirror/http/hostname", "string", mirror.host)
    yield _d_i("mirror/http/directory", "string", mirror.directory)
    yield Answer("d-i", "mirror/http/proxy", "string", mirror.proxy, may_be_empty=True)
    if mirror.security_host:
        yield _d_i("apt-setup/services-select", "multiselect", "security, updates")
        yield _d_i("apt-setup/security_host", "string", mirror.security_host)
    else:
        yield _d_i("apt-setup/services-select", "multiselect", "updates")
    yield _d_i("apt-setup/enable-source-repositories", "boolean", "false")


def _accounts(appliance: Appliance) -> Iterator[Answer]:
    yield _d_i("passwd/root-login", "boolean", "true")
    yield _d_i("passwd/make-user", "boolean", "false")
    # An exclamation mark is no hash: nobody logs in with a password, only with a key.
    password = appliance.root_password_hash.reveal() if appliance.root_password_hash else "!"
    yield _d_i("passwd/root-password-crypted", "password", password)


def _clock(appliance: Appliance) -> Iterator[Answer]:
    yield _d_i("clock-setup/utc", "boolean", "true")
    yield _d_i("time/zone", "select", appliance.timezone)
    yield _d_i("clock-setup/ntp", "boolean", "true" if appliance.ntp_servers else "false")
    if appliance.ntp_servers:
        yield _d_i("clock-setup/ntp-server", "string", appliance.ntp_servers[0])


def _disk() -> Iterator[Answer]:
    # The early script laid this down. It names the one disk that may be wiped, or stops the installer.
    yield _d_i("partman/early_command", "string", "sh /lib/staging/disk.sh")
    yield _d_i("partman-auto/method", "string", "regular")
    yield _d_i("partman-auto/choose_recipe", "select", "atomic")
    yield _d_i("partman-lvm/device_remove_lvm", "boolean", "true")
    yield _d_i("partman-md/device_remove_md", "boolean", "true")
    yield _d_i("partman-partitioning/confirm_write_new_label", "boolean", "true")
    yield _d_i("partman-efi/non_efi_system", "boolean", "true")
    yield _d_i("partman/choose_partition", "select", "finish")
    yield _d_i("partman/confirm", "boolean", "true")
    yield _d_i("partman/confirm_nooverwrite", "boolean", "true")
    yield _d_i("partman/mount_style", "select", "uuid")


def _packages(appliance: Appliance) -> Iterator[Answer]:
    yield _d_i("base-installer/install-recommends", "boolean", "false")
    yield _d_i("base-installer/kernel/image", "select", "linux-image-amd64")
    yield _d_i("pkgsel/run_tasksel", "boolean", "false")
    yield _d_i("pkgsel/include", "string", " ".join(dict.fromkeys((*BASE_PACKAGES, *appliance.packages))))
    yield _d_i("pkgsel/upgrade", "select", "full-upgrade")
    yield _d_i("pkgsel/update-policy", "select", "none")
    yield Answer("popularity-contest", "popularity-contest/participate", "boolean", "false")


def _boot_loader() -> Iterator[Answer]:
    yield _d_i("grub-installer/only_debian", "boolean", "true")
    yield _d_i("grub-installer/with_other_os", "boolean", "true")
    # Some firmware forgets its boot entries when the battery is out; the fallback path is always found.
    yield _d_i("grub-installer/force-efi-extra-removable", "boolean", "true")
    yield _d_i("finish-install/keep-consoles", "boolean", "false")
    yield Answer("d-i", "finish-install/reboot_in_progress", "note", "", may_be_empty=True)
    yield _d_i("debian-installer/exit/poweroff", "boolean", "false")
    yield _d_i("cdrom-detect/eject", "boolean", "true")


def _scripts(appliance: Appliance, links: Links, tickets: Tickets) -> Iterator[Answer]:
    yield _d_i("preseed/run", "string", links.script(appliance.serial, tickets.read, "early.sh"))
    fetched = "/tmp/staging-late.sh"  # noqa: S108 - on the installer's RAM disk, where nobody else is
    fetch = f"wget -q -T 30 -t 5 -O {fetched} {links.script(appliance.serial, tickets.read, 'late.sh')}"
    yield _d_i("preseed/late_command", "string", f"{fetch} && sh {fetched}")


def _d_i(question: str, kind: QuestionType, value: str) -> Answer:
    return Answer("d-i", question, kind, value)
