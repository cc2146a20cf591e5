from __future__ import annotations

import re

import pytest

from ci_actions.kit.errors import BadInput
from ci_actions.security_scan import pins

SUM = "a" * 64


def lock(text: str) -> dict[str, pins.Binary]:
    return pins.read_lock(text.encode(), "tools.toml", "linux-amd64")


@pytest.mark.parametrize("name", pins.PINS)
def test_every_pin_is_whole(name: str) -> None:
    for platform, pin in pins.PINS[name].items():
        assert re.fullmatch(r"(linux|darwin|windows)-(amd64|arm64)", platform)
        assert re.fullmatch("[0-9a-f]{64}", pin.sha256)
        assert pin.address.startswith("https://github.com/")
        assert pin.version in pin.address
        assert bool(pin.member) is pin.address.endswith((".tar.gz", ".zip"))
        assert pin.version not in pins.REFUSED.get(name, ())


def test_no_two_pins_have_one_sum() -> None:
    sums = [pin.sha256 for found in pins.PINS.values() for pin in found.values()]
    assert len(sums) == len(set(sums))


def test_a_platform_that_is_not_offered() -> None:
    assert pins.binary("trivy", "windows-arm64", {}) is None


def test_the_users_own_comes_first() -> None:
    own = lock(f'[trivy]\nversion = "v0.60.0"\npath = "bin/trivy"\nsha256 = "{SUM}"\n')
    found = pins.binary("trivy", "linux-amd64", own)
    assert found is not None
    assert (found.version, found.path, found.whose) == ("0.60.0", "bin/trivy", "the user's")


def test_a_table_per_platform() -> None:
    text = f"""
    [gitleaks]
    version = "8.0.0"
    [gitleaks.linux-amd64]
    url = "https://host/g.tar.gz"
    sha256 = "{SUM}"
    member = "gitleaks"
    [gitleaks.darwin-arm64]
    url = "https://host/other"
    sha256 = "{"b" * 64}"
    """
    assert lock(text)["gitleaks"].sha256 == SUM


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[trivy", "not valid TOML"),
        (f'[trivvy]\nversion = "1"\npath = "x"\nsha256 = "{SUM}"\n', "did you mean 'trivy'"),
        (f'[trivy]\npath = "x"\nsha256 = "{SUM}"\n', "'version' is required"),
        ('[trivy]\nversion = "1"\npath = "x"\nsha256 = "A"\n', "64 hexadecimal digits"),
        (f'[trivy]\nversion = "1"\nsha256 = "{SUM}"\n', "either 'url' or 'path'"),
        (
            f'[trivy]\nversion = "1"\npath = "x"\nurl = "https://x"\nsha256 = "{SUM}"\n',
            "either 'url' or 'path'",
        ),
        (f'[trivy]\nversion = "1"\nurl = "http://x"\nsha256 = "{SUM}"\n', "https://"),
        (f'[trivy]\nversion = "1"\npath = "x"\nsha256 = "{SUM}"\nsha = "x"\n', "'sha' is unknown"),
        (f'[trivy]\nversion = 1\npath = "x"\nsha256 = "{SUM}"\n', "'version' must be text"),
        (f'[trivy]\nversion = "v0.69.5"\npath = "x"\nsha256 = "{SUM}"\n', "malicious release"),
    ],
)
def test_what_cannot_be_meant(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        lock(text)
