"""What was set aside, and why."""

from twilytics import aside
from twilytics.gold import set_aside
from twilytics.panels.panel import Term
from twilytics.report import words
from twilytics.report.facts import Facts
from twilytics.report.panel import Listing, Panel
from twilytics.silver import quarantine

#: The panels of the dashboards that it draws.
SHOWS = ("set-aside",)


def panel(facts: Facts) -> Panel:
    reasons = aside.listed(facts.lake)
    terms = (Term(quarantine.TABLE, ("scope", "reason", "detail")), Term(set_aside.TABLE))
    if not reasons:
        return Panel("quarantine", "Quarantine", "Nothing was set aside: everything that came could be read.", (), terms)
    total = sum(reason.n for reason in reasons)
    most = reasons[0]
    says = f"{words.plural(total, 'row')} could not be read, {words.share(most.n / total)} of them for one reason: {most.says}"
    rows = [(reason.scope, reason.reason, reason.says, words.count(reason.n), words.instant(reason.newest)) for reason in reasons]
    shown = "What was set aside, by reason. `twilytics quarantine show --reason …` shows the answers as they came."
    return Panel(
        "quarantine",
        "Quarantine",
        says,
        (Listing(shown, ("scope", "reason", "why", "rows", "newest"), rows, numbers=(3,)),),
        terms,
        is_wide=True,
    )
