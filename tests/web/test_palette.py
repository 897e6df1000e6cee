"""Every pair of text and background we use can be read: contrast computed as WCAG 2.2 defines it."""

import json
import re
from pathlib import Path

import pytest

from tests.browser import PROJECT

PALETTE = PROJECT / "frontend" / "_palette.scss"
BUILT = PROJECT / "tracker" / "static" / "build"
TEXT_PAIRS = [
    *(("ink", paper) for paper in ("white", "wash", "accent-wash", "warm-wash", "focus")),
    *(("muted", paper) for paper in ("white", "wash")),
    *(("accent", paper) for paper in ("white", "wash", "accent-wash", "warm-wash")),
    *(("accent-dark", paper) for paper in ("white", "wash")),
    *(("warm", paper) for paper in ("white", "warm-wash", "wash")),
    *(("white", paper) for paper in ("accent", "accent-dark", "error")),
    ("error", "white"),
]
# Borders of boxes to fill in, and the line under what has the focus, must stand out by 3 to 1.
LINE_PAIRS = [("muted", "white"), ("line-strong", "white"), ("ink", "focus"), ("accent", "white"), ("error", "white")]
FOREIGN = ["#005eb8", "#003087", "#41b6e6", "#0072ce", "#007f3b", "#d5281b", "#ffeb3b", "#330072", "#7c2855", "#ffb81c"]


def palette() -> dict[str, str]:
    return dict(re.findall(r"^\$([a-z-]+): (#[0-9a-f]{6});", PALETTE.read_text(encoding="utf-8"), re.M))


def luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_the_standard_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(("text", "paper"), TEXT_PAIRS)
def test_text_can_be_read_on_its_background(text: str, paper: str) -> None:
    colors = palette()
    assert contrast(colors[text], colors[paper]) >= 4.5


@pytest.mark.parametrize(("line", "paper"), LINE_PAIRS)
def test_lines_that_carry_meaning_stand_out(line: str, paper: str) -> None:
    colors = palette()
    assert contrast(colors[line], colors[paper]) >= 3


def test_overdue_is_told_from_the_accent_by_more_than_its_tone() -> None:
    colors = palette()
    assert colors["warm"] != colors["accent"]
    assert colors["warm"] not in (colors["error"], colors["ink"])


def built(name: str) -> str:
    path = BUILT / name
    if not path.is_file():
        pytest.skip(f"needs the built front end ({name}): npm ci && npm run build")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("color", FOREIGN)
def test_no_color_of_the_librarys_first_owner_is_left(color: str) -> None:
    assert color not in built("app.css").lower()


def test_the_style_sheet_asks_no_other_server_and_brings_no_font() -> None:
    css = built("app.css")
    assert not re.findall(r"url\(['\"]?(?:https?:)?//", css)
    assert "assets.nhs.uk" not in css
    assert "@font-face" not in css
    assert "frutiger" not in css.lower()


def test_everything_the_style_sheet_names_was_built() -> None:
    names = set(re.findall(r"url\(['\"]?(images/[\w.-]+)", built("app.css")))
    assert names
    assert [name for name in names if not (BUILT / name).is_file()] == []


def test_scripts_carry_no_source_map_and_no_address() -> None:
    for name in ("app.js", "nhsuk-frontend.min.js"):
        script = built(name)
        assert "sourceMappingURL" not in script
        assert "assets.nhs.uk" not in script


def test_the_lock_file_pins_hashes_and_names_no_registry() -> None:
    lock = Path(PROJECT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "registry" not in lock
    packages = {name: entry for name, entry in json.loads(lock)["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        # What is packed inside another package is covered by the hash of that one.
        holder = name.rpartition("/node_modules/")[0] if entry.get("inBundle") else name
        assert packages[holder]["integrity"].startswith("sha512-"), name
