"""Whether whom the settings name can be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reaper.bootstrap import notifiers
from reaper.config.settings.model import Settings
from reaper.config.settings.notify import EmailSettings, WebhookSettings
from reaper.core.planning.notice import DeliveryStatus, TrialNotice
from reaper.errors import ConfigurationError
from reaper.platforms.aimms.doctor import Check
from reaper.ports import Clock, Notifier, Tell


def examine_targets(settings: Settings, *, send: bool, clock: Clock, tell: Tell) -> list[Check]:
    """One finding for each target; with `send` it says whether a test message was taken."""
    if not send:
        return list(_given(settings))
    senders = notifiers(settings.notify, settings.timeout.seconds, enforce=True)
    return [_tried(sender, clock, tell) for sender in senders]


def _given(settings: Settings) -> Iterator[Check]:
    """Whether each target has what it takes; nothing is sent."""
    targets: Sequence[WebhookSettings | EmailSettings] = (
        *settings.notify.webhooks,
        *settings.notify.emails,
    )
    for target in targets:
        try:
            target.require_secret()
        except ConfigurationError as error:
            yield Check(target.name, ok=False, detail=str(error), advice="nobody is told there")
        else:
            found = "it is set up; nothing was sent: --notify sends a test message"
            yield Check(target.name, ok=True, detail=found)


def _tried(sender: Notifier, clock: Clock, tell: Tell) -> Check:
    tell(f"{sender.target}: sending a test message")
    delivery = sender.tell(TrialNotice("", clock.now(), ()))
    if delivery.result is DeliveryStatus.TOLD:
        but = f", but it was {delivery.detail}" if delivery.detail else ""
        return Check(sender.target, ok=not but, detail=f"it took a test message{but}")
    advice = "nobody is told there: mend the target under notify in the settings"
    return Check(
        sender.target, ok=False, detail=f"no test message: {delivery.detail}", advice=advice
    )
