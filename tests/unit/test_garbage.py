"""What is looked through for garbage, and how often."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tracker.garbage import keep_what_is_here, seldom_collecting


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    usual = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*usual)


class Ring:
    """Refers to itself: only a look for garbage finds it."""

    def __init__(self) -> None:
        self.itself = self


def rings() -> int:
    return sum(type(each) is Ring for each in gc.get_objects())


def test_a_long_command_looks_seldom_and_then_as_before() -> None:
    usual = gc.get_threshold()
    with seldom_collecting():
        assert gc.get_threshold() > usual
    assert gc.get_threshold() == usual


def test_a_failed_command_looks_as_before() -> None:
    usual = gc.get_threshold()
    with pytest.raises(LookupError), seldom_collecting():
        raise LookupError
    assert gc.get_threshold() == usual


def test_what_a_server_holds_at_its_start_is_looked_through_no_more_and_later_garbage_still_goes() -> None:
    keep_what_is_here()
    assert gc.get_freeze_count() > 10_000 and gc.isenabled()
    Ring()
    assert rings() == 1
    gc.collect()
    assert rings() == 0


def test_garbage_from_before_the_start_is_not_kept() -> None:
    Ring()
    keep_what_is_here()
    gc.unfreeze()
    assert rings() == 0


def test_the_served_application_has_done_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    asked = "import gc, tracker.wsgi; print(gc.get_freeze_count() > 100_000)"
    env = {"TRACKER_INSTANCE": str(tmp_path_factory.mktemp("instance"))}
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == "True"
