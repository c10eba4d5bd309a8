"""Nothing is asked outside of a policy's hours, be it in the middle of a run."""

from support.safety_house import IDLE, NOW, TASKS, Open, fleet, idle, ids, rules, task

NOON = {"only_during": "daily 11:00-12:01 UTC"}


def test_outside_its_hours_nothing_is_ended(house: Open) -> None:
    """An offender waits until the window opens, and is ended then."""
    acme = house(idle("a"))
    night = rules({**IDLE, "only_during": "daily 13:00-14:00 UTC"})
    report = acme.pass_once(night)
    assert [w.due.hour for w in report.plan.waiting if w.due] == [13]
    assert acme.endings() == []
    acme.later(hours=1)
    assert acme.outcomes(night) == {"a": "terminated"}


def test_a_window_that_closes_during_the_run(house: Open) -> None:
    """A step whose turn comes after the window has closed is no longer due, and nothing
    is asked.
    """
    sessions = fleet(2, 10)
    acme = house(*sessions)
    acme.upon("terminate", lambda _: acme.later(minutes=1))
    report = acme.pass_once(rules({**IDLE, **NOON}))
    first, second = ids(sessions)
    assert acme.endings() == [("terminate", first)]
    assert report.outcomes[second].result == "no-longer-due"
    assert (
        report.outcomes[second].detail
        == "the window of policy idle has closed (daily 11:00-12:01 UTC)"
    )


def test_a_task_that_was_interrupted_when_the_window_closed(house: Open) -> None:
    """It is left alone until the window opens again, and then asked for the next step."""
    acme = house(task(), faults="stubborn:1")
    hours = rules({**TASKS, **NOON})
    acme.pass_once(hours)
    assert acme.endings() == [("interrupt-solve", "task-task")]
    for _ in range(3):
        acme.later(minutes=10)
        assert acme.pass_once(hours).plan.waiting[0].reason.startswith("outside its window")
    acme.later(hours=22, minutes=40)
    acme.pass_once(hours)
    assert acme.endings() == [
        ("interrupt-solve", "task-task"),
        ("interrupt-execution", "task-task"),
    ]
    assert acme.clock.now().date() > NOW.date()


def test_a_window_that_closes_while_the_second_look_waits(house: Open) -> None:
    """It was open when the look began, and is asked again with the intent.

    Nothing is asked of the server.
    """
    acme = house(idle("a"))
    acme.upon("log", lambda _: acme.later(seconds=90), nth=3)
    report = acme.pass_once(rules({**IDLE, **NOON}))
    assert (report.outcomes["a"].result, acme.endings()) == ("withheld", [])
    assert "the window of policy idle has closed" in report.outcomes["a"].detail
